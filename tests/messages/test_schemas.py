"""The schemas Tasviya ships say exactly what the official ones say, and are what the script writes."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

import pytest
from lxml import etree
from official_files import ISO20022, REPOSITORY, needs_official_files

from tasviya.messages.registry import MESSAGE_TYPES
from tasviya.messages.xml import HEADER, SCHEMA_FILES

XS = "{http://www.w3.org/2001/XMLSchema}"
SHIPPED = sorted([HEADER, *MESSAGE_TYPES])


def script() -> ModuleType:
    pytest.importorskip("pyiso20022", reason="the pinned packages are not installed")
    pytest.importorskip("python_iso20022", reason="the pinned packages are not installed")
    spec = importlib.util.spec_from_file_location(
        "generate_schemas", REPOSITORY / "tools/generate_schemas.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_message_type_has_a_schema_and_no_other_is_shipped() -> None:
    assert sorted(path.name for path in SCHEMA_FILES.iterdir() if path.name != "NOTICE.txt") == [
        f"{name}.xsd" for name in SHIPPED
    ]


@pytest.mark.slow
def test_the_script_writes_the_shipped_schemas_byte_for_byte() -> None:
    generator = script()
    assert sorted(generator.SOURCES) == SHIPPED
    for name in SHIPPED:
        shipped = SCHEMA_FILES.joinpath(f"{name}.xsd").read_bytes()
        assert generator.generate(name).encode() == shipped, name


@needs_official_files
@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_schema_equals_the_official_one(name: str) -> None:
    ours = content_model(etree.fromstring(SCHEMA_FILES.joinpath(f"{name}.xsd").read_bytes()))
    official = content_model(etree.parse(ISO20022 / "xsd" / f"{name}.xsd").getroot())
    assert ours == official


Model = tuple[Any, ...]


def content_model(schema: Any) -> dict[str, Model]:
    """Every element path a schema allows, with its occurrences, kind, facets and attributes. Type names
    do not matter; where a type contains itself, the inner mention stands for the outer."""
    assert {child.tag for child in schema} - {etree.Comment} == {
        XS + kind for kind in ("element", "complexType", "simpleType")
    }
    types = {each.get("name"): each for each in schema if each.tag != XS + "element"}
    (root,) = [each for each in schema if each.tag == XS + "element"]
    found: dict[str, Model] = {}

    def local(name: str) -> str:
        return name.rpartition(":")[2]

    def simple(name: str) -> Model:
        if local(name) not in types:
            return ("xs", local(name))
        (restriction,) = types[local(name)]
        facets = [(facet.tag.removeprefix(XS), facet.get("value")) for facet in restriction]
        allowed = tuple(sorted(value for kind, value in facets if kind == "enumeration"))
        rest = tuple(sorted(row for row in facets if row[0] != "enumeration"))
        if not allowed and not rest:
            return simple(restriction.get("base"))
        return ("xs", local(restriction.get("base")), allowed, rest)

    def walk(path: str, type_name: str, above: tuple[str, ...]) -> None:
        definition = types.get(local(type_name))
        if definition is None or definition.tag == XS + "simpleType":
            found[path] += simple(type_name)
            return
        if local(type_name) in above:
            found[path] += ("as above", len(above) - above.index(local(type_name)))
            return
        (body,) = definition
        found[path] += (body.tag.removeprefix(XS),)
        if body.tag == XS + "simpleContent":
            (extension,) = body
            found[path] += simple(extension.get("base"))
            for attribute in extension:
                found[f"{path}/@{attribute.get('name')}"] = (
                    attribute.get("use"),
                    *simple(attribute.get("type")),
                )
            return
        for place, item in enumerate(body):
            occurs = (place, item.get("minOccurs", "1"), item.get("maxOccurs", "1"))
            if item.tag == XS + "any":
                found[f"{path}/*"] = (*occurs, item.get("namespace"), item.get("processContents"))
            else:
                assert item.tag == XS + "element", f"{path} holds {item.tag}"
                child = f"{path}/{item.get('name')}"
                found[child] = occurs
                walk(child, item.get("type"), (*above, local(type_name)))

    found["/" + root.get("name")] = ()
    walk("/" + root.get("name"), root.get("type"), ())
    return found
