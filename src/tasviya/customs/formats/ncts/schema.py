"""The schemas of NCTS messages, and the way from bytes to a message that keeps to its schema.

    bytes ──messages.xml.read──▶ tree ──root and schema──▶ opened: its type and its elements

Source: XML schemas of hmrc/transit-movements-validator (Apache License 2.0), version 60.4.16, which holds for
phases 5.0, 5.1 and 6: their namespace is the same, and `PhaseID` tells them apart.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import ZipFile

from lxml import etree

from tasviya.core.errors import Refusal
from tasviya.messages.scheme import Scheme
from tasviya.messages.xml import findings, local_name, namespace_of
from tasviya.messages.xml import read as read_xml

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

NAMESPACE = "http://ncts.dgtaxud.ec"
PHASE = "NCTS5.1"
READ = ("CC007C", "CC013C", "CC014C", "CC015C", "CC044C", "CC170C")
WRITTEN = (
    "CC025C",
    "CC028C",
    "CC029C",
    "CC043C",
    "CC045C",
    "CC051C",
    "CC055C",
    "CC056C",
    "CC060C",
    "CC182C",
    "CC906C",
    "CC917C",
    "CC928C",
)
SIZE_MAX = 16 * 1024 * 1024
"""The largest file, bytes: a declaration may hold 1,999 house consignments."""
LIMITS = Scheme(operator_bic="", currencies={}, file_bytes=SIZE_MAX, file_elements=800_000)

NCTS_CODES = {
    "DN01": "XML of transit is a message of NCTS that is read here",
    "DN02": "a message of NCTS keeps to its schema",
    "DN03": "a message's type is that of its root",
    "DN04": "amounts have no more decimals than their currency, and days and instants are of the calendar",
    "DN05": "a message names its movement by MRN or by LRN, by one of them",
    "DN06": "a message that is written keeps to its schema",
    "DN07": "an amendment changes what may be amended, and nothing else",
}

_LINE = re.compile(r"line (\d+)")
_INCLUDES = "".join(f'<xs:include schemaLocation="{name.lower()}.xsd"/>' for name in (*READ, *WRITTEN))
_ALL = f"""<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="{NAMESPACE}"
 targetNamespace="{NAMESPACE}">{_INCLUDES}</xs:schema>"""


class Opened(NamedTuple):
    """A message that keeps to its schema: its type, such as CC015C, and its root."""

    type: str
    root: Element


@cache
def schema() -> etree.XMLSchema:
    """The compiled schema of all messages; each process compiles it once."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Archive())
    return etree.XMLSchema(etree.fromstring(_ALL.encode(), parser))


def opened(raw: bytes, types: tuple[str, ...] = READ) -> Opened | list[Refusal]:
    """A message of one of some types, or everything that keeps it from being one.

    Refused with a reason of messages.xml.FAILURES if it is no XML, else DN01, DN02, DN03.
    """
    root = read_xml(raw, LIMITS)
    if isinstance(root, Refusal):
        lines = _LINE.findall(root.what)
        return [replace(root, where=f"line {lines[-1]}") if lines else root]
    name = local_name(root)
    if namespace_of(root) != NAMESPACE or name not in types:
        what = f"The root is {name} in the namespace {namespace_of(root)!r:.80}."
        cure = f"Send one of {', '.join(types)} of {NAMESPACE}."
        return [Refusal("DN01", what, cure, f"/{name}")]
    if broken := findings(root, schema()):
        return [replace(each, reason="DN02") for each in broken]
    told = root.findtext("messageType", "").strip()
    if told != name:
        what = f"The root is {name}, and the type is {told} (line {root.sourceline})."
        return [Refusal("DN03", what, f"Write {name} as the type.", f"/{name}/messageType")]
    return Opened(name, root)


class _Archive(etree.Resolver):
    """Hands out the packed schemas, and nothing else, to the compiler."""

    def __init__(self) -> None:
        packed = files("tasviya.customs.formats").joinpath("schemas/ncts5/ncts5_xsd.zip").read_bytes()
        with ZipFile(BytesIO(packed)) as archive:
            self.texts = {name: archive.read(name) for name in archive.namelist()}

    def resolve(self, system_url: str, public_id: str, *context: Any) -> Any:
        """The schema of that name. An unknown one is empty, which the compiler refuses."""
        name = system_url.rpartition("/")[2]
        return self.resolve_string(self.texts.get(name, b""), *context, base_url=name)
