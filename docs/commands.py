"""The command reference, made from the same click commands that the operator calls."""

import inspect
from collections.abc import Iterable, Iterator

import click

from app.cli.shell import MAX_ROW_ID

PROGRAM = "flask --app wsgi"


def reference(commands: Iterable[click.Command]) -> str:
    """A section for each command, in the order that they are given; of a group, one for each member."""
    root = click.Context(click.Group("flask"), info_name=PROGRAM)
    return "\n\n".join(part for command in commands for part in _parts(command, root))


def _parts(command: click.Command, parent: click.Context) -> Iterator[str]:
    context = click.Context(command, info_name=command.name, parent=parent)
    if isinstance(command, click.Group):
        yield f"## {command.name}"
        if command.invoke_without_command:
            yield f"`{context.command_path}`"
        yield _help(command)
        yield from _options(command, context)
        for name in command.list_commands(context):
            member = command.get_command(context, name)
            assert member is not None
            yield from _parts(member, context)
        return
    if parent.parent is None:
        yield f"## {command.name}"
    arguments = " ".join(
        parameter.make_metavar(context)
        for parameter in command.params
        if isinstance(parameter, click.Argument)
    )
    yield f"`{context.command_path} {arguments}`".replace(" `", "`")
    yield _help(command)
    yield from _options(command, context)


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    options = [option for option in command.params if isinstance(option, click.Option)]
    if options:
        yield "\n".join(_option(option, context) for option in options)


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "")


def _option(option: click.Option, context: click.Context) -> str:
    record = option.get_help_record(context)
    assert record is not None
    name, meaning = record
    # Every row id has the range of a 64-bit integer; that says nothing to an operator.
    return f"- `{name}`: {meaning.partition(f'  [1<=x<={MAX_ROW_ID}]')[0]}"
