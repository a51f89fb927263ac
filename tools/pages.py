"""The pages of ``docs/reference``, as Markdown derived from the code."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import click

_GENERATED = "<!-- Written by `make gen`. Change the code it is made from instead. -->"


def settings() -> str:
    """Every setting with its environment variables, type, default and line."""
    from cairn.settings import SETTINGS

    return _page(
        "Settings",
        "A setting is read from the first of its environment variables that is set."
        " A command-line flag wins over both.",
        _table(
            ("Environment", "Type", "Default", "What it does"),
            (
                (
                    ", ".join(f"`{name}`" for name in setting.env),
                    _type_of(setting.parse),
                    _default(setting.default),
                    setting.doc,
                )
                for setting in SETTINGS
            ),
        ),
    )


def errors() -> str:
    """Every error with its class, code, status and line."""
    from cairn.errors import ERRORS

    return _page(
        "Errors",
        "Every error is a `cairn.errors.CairnError`. The code is `error_code` on the wire and on"
        " the Python object; the status is that of the HTTP answer.",
        _table(
            ("Class", "Code", "Status", "When"),
            (
                (f"`{e.__name__}`", f"`{e.code}`", str(e.http_status), _first_line(e.__doc__))
                for e in ERRORS
            ),
        ),
    )


def operations() -> str:
    """Every operation of the REST API, by service, with permission, request and reply."""
    from cairn.contract.op import operations as of
    from cairn.contract.services import SERVICES

    intro = (
        "Bodies are JSON; a GET takes its request from the query. Each path below"
        " `/api/` is also served below `/ajax-api/`. The messages are described in"
        " [openapi.json](openapi.json). Replies with columns also come as"
        " [bytes](../guide/columns.md)."
    )
    parts = [intro]
    for service in SERVICES:
        rows = (
            (
                f"`{o.verb} {o.paths[0]}`",
                o.needs,
                f"`{o.request.__name__}`",
                f"`{o.reply.__name__}`" if o.reply else "`{}`",
                _first_line(o.doc),
            )
            for o in of(service)
        )
        parts += [
            f"## {service.__name__}",
            _first_line(service.__doc__),
            _table(("Route", "Needs", "Request", "Reply", "What it does"), rows),
        ]
    return _page("REST operations", *parts)


def command_line() -> str:
    """Every command with its usage, help and options."""
    from cairn.cli.main import main

    parts = list(describe(main, click.Context(main, info_name="cairn")))
    return _page("Command line", *parts)


def describe(command: click.Command, context: click.Context) -> Iterator[str]:
    """The parts of the page for a command and all commands below it."""
    usage = " ".join(command.collect_usage_pieces(context))
    yield f"## {context.command_path}"
    yield inspect.cleandoc(command.help or command.short_help or "").replace("\b\n", "")
    yield f"    {context.command_path} {usage}"
    options = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
    if options:
        yield _table(
            ("Option", "Type", "Default", "What it does"),
            (
                (
                    ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts)),
                    "flag" if option.is_flag else option.type.name,
                    _option_default(option),
                    option.help or "",
                )
                for option in options
            ),
        )
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from describe(child, click.Context(child, info_name=name, parent=context))


def _option_default(option: click.Option) -> str:
    if option.required:
        return "required"
    value = option.to_info_dict()["default"]
    known = isinstance(value, str | int | float) and not isinstance(value, bool)
    return _default(value) if known else ""


def _type_of(parse: Any) -> str:
    """What a setting's value is, from the function that reads it."""
    result = parse if inspect.isclass(parse) else inspect.signature(parse).return_annotation
    name = result if isinstance(result, str) else result.__name__
    plain = name.removesuffix(" | None")
    return {
        "str": "text",
        "int": "whole number",
        "float": "number",
        "bool": "true or false",
        "tuple[str, ...]": "texts, comma separated",
    }.get(plain, plain)


def _default(value: object) -> str:
    if value is None or value in {"", ()}:
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _first_line(doc: str | None) -> str:
    return inspect.cleandoc(doc or "").split("\n\n", maxsplit=1)[0].replace("\n", " ")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, ("---",) * len(head), *rows]
    return "\n".join(
        "| " + " | ".join(" ".join(cell.replace("|", "\\|").split()) for cell in row) + " |"
        for row in cells
    )


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", _GENERATED, *(part for part in parts if part)]) + "\n"
