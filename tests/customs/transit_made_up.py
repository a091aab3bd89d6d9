"""A guarantee, a movement and its messages that tests of transit share. Firms and numbers are invented."""

from __future__ import annotations

from datetime import date

from tasviya.core.currencies import currency
from tasviya.customs.guarantee import Guarantee
from tasviya.customs.mrn import grn, mrn
from tasviya.customs.transit import DAY, Movement, Terms

EUR = currency("EUR")
KZT = currency("KZT")
GRN = grn(2026, "KZ", "31")
MRN = mrn(2026, "KZ", "398001000417")
TODAY = date(2026, 10, 1)
T0 = 20_727 * DAY  # 2026-10-01T00:00:00Z
TERMS = Terms(date(2026, 1, 1), enquiry_after=7 * DAY, results_within=6 * DAY, enquiry_lasts=28 * DAY)
G31 = Guarantee(
    grn=GRN,
    guarantor="KZ-ALTYN",
    principal="KZ-ORDA",
    currency=EUR,
    line_minor=1_000_000,
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    members=frozenset(["KZ", "UZ", "TM", "AZ"]),
)
M417 = Movement(
    mrn=MRN,
    grn=GRN,
    holder="KZ-ORDA",
    itinerary=("KZ", "UZ", "TM"),
    departure_office="KZ398001",
    destination_office="TM000204",
    limit_at=T0 + 8 * DAY,
    declared_at=T0,
)

DECLARED = f"""<ncts:CC015C PhaseID="NCTS5.1" xmlns:ncts="http://ncts.dgtaxud.ec">
  <messageSender>KZ-ORDA</messageSender>
  <messageRecipient>NTA.KZ</messageRecipient>
  <preparationDateAndTime>2026-10-01T08:30:00</preparationDateAndTime>
  <messageIdentification>M-1</messageIdentification>
  <messageType>CC015C</messageType>
  <TransitOperation>
    <LRN>ORDA-77</LRN>
    <declarationType>T1</declarationType>
    <additionalDeclarationType>A</additionalDeclarationType>
    <security>0</security>
    <reducedDatasetIndicator>0</reducedDatasetIndicator>
    <bindingItinerary>1</bindingItinerary>
    <limitDate>2026-10-09</limitDate>
  </TransitOperation>
  <CustomsOfficeOfDeparture><referenceNumber>KZ398001</referenceNumber></CustomsOfficeOfDeparture>
  <CustomsOfficeOfDestinationDeclared>
    <referenceNumber>TM000204</referenceNumber>
  </CustomsOfficeOfDestinationDeclared>
  <CustomsOfficeOfTransitDeclared>
    <sequenceNumber>1</sequenceNumber>
    <referenceNumber>UZ000300</referenceNumber>
    <arrivalDateAndTimeEstimated>2026-10-03T18:00:00</arrivalDateAndTimeEstimated>
  </CustomsOfficeOfTransitDeclared>
  <HolderOfTheTransitProcedure>
    <identificationNumber>KZ-ORDA</identificationNumber>
    <name>Orda Trans</name>
    <Address>
      <streetAndNumber>Abai 12</streetAndNumber>
      <postcode>050000</postcode>
      <city>Almaty</city>
      <country>KZ</country>
    </Address>
    <ContactPerson><name>A. Orda</name><phoneNumber>+7 700 000 00 00</phoneNumber></ContactPerson>
  </HolderOfTheTransitProcedure>
  <Guarantee>
    <sequenceNumber>1</sequenceNumber>
    <guaranteeType>1</guaranteeType>
    <GuaranteeReference>
      <sequenceNumber>1</sequenceNumber>
      <GRN>{GRN}</GRN>
      <accessCode>Q7x2</accessCode>
      <amountToBeCovered>3000.00</amountToBeCovered>
      <currency>EUR</currency>
    </GuaranteeReference>
  </Guarantee>
  <Consignment>
    <countryOfDispatch>KZ</countryOfDispatch>
    <countryOfDestination>TM</countryOfDestination>
    <grossMass>12500.5</grossMass>
    <Consignee>
      <name>Balkan Import</name>
      <Address>
        <streetAndNumber>Garashsyzlyk 1</streetAndNumber>
        <city>Ashgabat</city>
        <country>TM</country>
      </Address>
    </Consignee>
    <TransportEquipment>
      <sequenceNumber>1</sequenceNumber>
      <containerIdentificationNumber>MSCU6639871</containerIdentificationNumber>
      <numberOfSeals>2</numberOfSeals>
      <Seal><sequenceNumber>1</sequenceNumber><identifier>S-100</identifier></Seal>
      <Seal><sequenceNumber>2</sequenceNumber><identifier>S-101</identifier></Seal>
      <GoodsReference>
        <sequenceNumber>1</sequenceNumber>
        <declarationGoodsItemNumber>1</declarationGoodsItemNumber>
      </GoodsReference>
    </TransportEquipment>
    <CountryOfRoutingOfConsignment>
      <sequenceNumber>1</sequenceNumber>
      <country>UZ</country>
    </CountryOfRoutingOfConsignment>
    <HouseConsignment>
      <sequenceNumber>1</sequenceNumber>
      <grossMass>12500.5</grossMass>
      <ConsignmentItem>
        <goodsItemNumber>1</goodsItemNumber>
        <declarationGoodsItemNumber>1</declarationGoodsItemNumber>
        <Commodity>
          <descriptionOfGoods>Denim</descriptionOfGoods>
          <CommodityCode>
            <harmonizedSystemSubHeadingCode>520942</harmonizedSystemSubHeadingCode>
            <combinedNomenclatureCode>00</combinedNomenclatureCode>
          </CommodityCode>
          <GoodsMeasure>
            <grossMass>12500.5</grossMass>
            <netMass>12000.1239</netMass>
            <supplementaryUnits>40000</supplementaryUnits>
          </GoodsMeasure>
        </Commodity>
        <Packaging>
          <sequenceNumber>1</sequenceNumber>
          <typeOfPackages>RO</typeOfPackages>
          <numberOfPackages>400</numberOfPackages>
        </Packaging>
        <PreviousDocument>
          <sequenceNumber>1</sequenceNumber>
          <type>N830</type>
          <referenceNumber>EX-5</referenceNumber>
          <typeOfPackages>RO</typeOfPackages>
          <numberOfPackages>400</numberOfPackages>
        </PreviousDocument>
        <SupportingDocument>
          <sequenceNumber>1</sequenceNumber>
          <type>N380</type>
          <referenceNumber>INV-9</referenceNumber>
          <documentLineItemNumber>3</documentLineItemNumber>
        </SupportingDocument>
      </ConsignmentItem>
    </HouseConsignment>
  </Consignment>
</ncts:CC015C>
"""
"""A declaration for transit from Kazakhstan through Uzbekistan to Turkmenistan."""


def message(name: str, inside: str) -> bytes:
    """A message of NCTS with a header."""
    return f"""<n:{name} PhaseID="NCTS5.1" xmlns:n="http://ncts.dgtaxud.ec">
<messageSender>KZ-ORDA</messageSender><messageRecipient>NTA.KZ</messageRecipient>
<preparationDateAndTime>2026-10-01T08:30:00</preparationDateAndTime>
<messageIdentification>M-2</messageIdentification><messageType>{name}</messageType>
{inside}</n:{name}>""".encode()


LOCATION = """<LocationOfGoods><typeOfLocation>A</typeOfLocation>
<qualifierOfIdentification>U</qualifierOfIdentification><UNLocode>TMASB</UNLocode></LocationOfGoods>"""
ARRIVAL = f"""<TransitOperation><MRN>{MRN}</MRN>
<arrivalNotificationDateAndTime>2026-10-08T10:00:00</arrivalNotificationDateAndTime>
<simplifiedProcedure>0</simplifiedProcedure></TransitOperation>
<CustomsOfficeOfDestinationActual><referenceNumber>TM000204</referenceNumber>
</CustomsOfficeOfDestinationActual>
<TraderAtDestination><identificationNumber>TM-BALKAN</identificationNumber></TraderAtDestination>
<Consignment>{LOCATION}</Consignment>"""
REMARKS = f"""<TransitOperation><MRN>{MRN}</MRN></TransitOperation>
<CustomsOfficeOfDestinationActual><referenceNumber>TM000204</referenceNumber>
</CustomsOfficeOfDestinationActual>
<TraderAtDestination><identificationNumber>TM-BALKAN</identificationNumber></TraderAtDestination>
<UnloadingRemark><conform>0</conform><unloadingCompletion>1</unloadingCompletion>
<unloadingDate>2026-10-08</unloadingDate><stateOfSeals>1</stateOfSeals>
<unloadingRemark>Two rolls are lacking</unloadingRemark></UnloadingRemark>
<Consignment><grossMass>12438</grossMass><HouseConsignment><sequenceNumber>1</sequenceNumber>
<ConsignmentItem><goodsItemNumber>1</goodsItemNumber>
<declarationGoodsItemNumber>1</declarationGoodsItemNumber>
<Commodity><GoodsMeasure><netMass>11940.5</netMass></GoodsMeasure></Commodity>
</ConsignmentItem></HouseConsignment></Consignment>"""
