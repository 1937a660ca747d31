"""The public Python names as Markdown, from their docstrings, read without importing them."""

from __future__ import annotations

from pathlib import Path

import griffe
from griffe import Attribute, Class, DocstringSection, DocstringSectionKind, Function, Object

ROOT = Path(__file__).resolve().parents[2]

HEAD = """# Python

`python -m docs.make_reference` makes this page from the docstrings; a test holds it to that.

```python
import gan_eval

score = gan_eval.fid("real/", "fake/")
print(float(score))
```
"""


def reference() -> str:
    """Every name of `gan_eval.__all__`, functions first, then classes, then errors, as one Markdown page."""
    package = griffe.load("gan_eval", search_paths=[ROOT], docstring_parser="numpy", resolve_aliases=True)
    public = [(name, _target(package[name])) for name in sorted(_exports(package), key=str.lower)]
    parts = [HEAD]
    for title, wanted in _GROUPS:
        members = [_object(name, item) for name, item in public if wanted(item)]
        parts += [f"## {title}\n", *members] if members else []
    return "\n".join(parts).rstrip() + "\n"


def _exports(package: Object) -> list[str]:
    return [str(name) for name in package.exports or [] if not str(name).startswith("__")]


def _target(item: Object | griffe.Alias) -> Object:
    return item.final_target if isinstance(item, griffe.Alias) else item


def _is_error(item: Object) -> bool:
    return isinstance(item, Class) and item.filepath.name == "errors.py"


_GROUPS = (
    ("Functions", lambda item: isinstance(item, Function)),
    ("Modules", lambda item: item.is_module),
    ("Classes", lambda item: isinstance(item, Class) and not _is_error(item)),
    ("Other names", lambda item: isinstance(item, Attribute)),
    ("Errors", _is_error),
)


def _object(name: str, item: Object) -> str:
    parts = [f"### gan_eval.{name}\n", _body(item, name)]
    if item.is_module:
        members = [(f"{name}.{member}", _target(item[member])) for member in _exports(item)]
        return "\n".join([*parts, *(_object(*member) for member in members)])
    if isinstance(item, Class):
        parts += [_method(name, method) for method in item.functions.values() if _is_shown(method)]
    return "\n".join(parts)


def _is_shown(method: Function) -> bool:
    return not method.name.startswith("_") and method.docstring is not None


def _method(owner: str, method: Function) -> str:
    return f"#### {owner}.{method.name}\n\n{_body(method, method.name)}"


def _body(item: Object, name: str) -> str:
    signature = f"```text\n{_signature(item, name)}\n```\n" if isinstance(item, Function | Class) else ""
    if item.docstring is None:
        return signature
    return "\n".join([signature, *(_section(part) for part in item.docstring.parse("numpy", warnings=False))])


def _signature(item: Function | Class, name: str) -> str:
    if isinstance(item, Class):
        init = item.members.get("__init__")
        fields = _arguments(init) if isinstance(init, Function) else []
        return _folded(name, fields, "")
    return _folded(name, _arguments(item), f" -> {item.returns}" if item.returns is not None else "")


def _arguments(function: Function) -> list[str]:
    found, keyword_only = [], False
    for parameter in function.parameters:
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is griffe.ParameterKind.keyword_only and not keyword_only:
            keyword_only = True
            found.append("*")
        stars = {griffe.ParameterKind.var_positional: "*", griffe.ParameterKind.var_keyword: "**"}.get(
            parameter.kind, ""
        )
        keyword_only = keyword_only or stars == "*"
        annotation = f": {parameter.annotation}" if parameter.annotation is not None else ""
        default = f" = {parameter.default}" if parameter.default is not None and not stars else ""
        found.append(f"{stars}{parameter.name}{annotation}{default}")
    return found


def _folded(name: str, arguments: list[str], end: str) -> str:
    line = f"{name}({', '.join(arguments)}){end}"
    if len(line) <= 88:
        return line
    inner = "".join(f"    {argument},\n" for argument in arguments)
    return f"{name}(\n{inner}){end}"


def _section(part: DocstringSection) -> str:
    if part.kind is DocstringSectionKind.text:
        return f"{part.value}\n"
    if part.kind is DocstringSectionKind.examples:
        return "\n".join(f"{text}\n" for _, text in part.value)
    if part.kind is DocstringSectionKind.admonition:
        return f"**{part.title or part.value.kind.capitalize()}**\n\n{part.value.contents}\n"
    title = part.title or str(part.kind.value).capitalize()
    return "\n".join([f"**{title}**\n", *(_item(entry) for entry in part.value), ""])


def _item(entry: griffe.DocstringElement) -> str:
    name = getattr(entry, "name", "")
    label = " ".join(filter(None, [f"`{name}`" if name else "", f"(`{entry.annotation}`)" if entry.annotation else ""]))
    description = " ".join(entry.description.split())
    return f"- {label}: {description}" if label else f"- {description}"
