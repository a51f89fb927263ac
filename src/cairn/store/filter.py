"""The search language: text -> tree. `cairn.store.search` makes SQL of the tree.

One grammar for everything that can be searched; an `Entity` lists what its filters may name::

    filter     := all (OR all)*
    all        := part (AND part)* [AND at the very end]
    part       := NOT part | "(" filter ")" | comparison
    comparison := field operator value | field [NOT] (LIKE | ILIKE | RLIKE) text
                | field [NOT] IN "(" value ("," value)* [","] ")"
                | field [NOT] BETWEEN value AND value | field IS [NOT] NULL
    field      := [group "."] key [":" aspect | "@" step]
    operator   := = != < <= > >=

A comparison holds or does not, there is no third state: it never holds for what has no value, so
``!=`` and the operators with NOT want a value too, while NOT before a comparison turns it around.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cairn.contract.kinds import INT64_MAX, INT64_MIN
from cairn.errors import InvalidValue
from cairn.store.entities import EXPERIMENTS, RUNS, Entity, Field, Group, Type
from cairn.store.tokens import Token, Tokens

__all__ = [
    "EXPERIMENTS",
    "RUNS",
    "And",
    "Comparison",
    "Not",
    "Or",
    "Order",
    "Present",
    "Tree",
    "Value",
    "parse",
    "parse_order",
]

MAX_COMPARISONS = 200
"""Most comparisons of a filter."""
MAX_DEPTH = 20
"""Most parentheses and NOTs around a comparison."""
MAX_VALUES = 10_000
"""Most values in the lists of a filter together."""
MAX_PATTERN = 10_000
"""Most characters of a LIKE pattern; databases refuse what is much longer."""
MAX_EXPRESSION = 250
"""Most characters of a regular expression."""
MAX_ORDER = 10
"""Most entries of order_by."""

Value = str | int | float


@dataclass(frozen=True)
class And:
    """Every part holds."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Or:
    """Some part holds."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: Tree


@dataclass(frozen=True)
class Present:
    """The field has a value; NaN is one."""

    field: Field


@dataclass(frozen=True)
class Comparison:
    """The field has a value for which the operator holds, or does not if `negated`.

    A number compares only with params whose text is a number. NaN is equal to nothing, and neither
    smaller nor greater than anything.

    Attributes:
        field: what is compared.
        operator: = < <= > >= LIKE ILIKE RLIKE IN BETWEEN.
        values: one value; two for BETWEEN, both included; any number for IN. All texts or all
            numbers.
        negated: for != and the operators with NOT.
    """

    field: Field
    operator: str
    values: tuple[Value, ...]
    negated: bool = False


Tree = And | Or | Not | Present | Comparison


@dataclass(frozen=True)
class Order:
    """One key to sort by. What has no value comes last, NaN just before, in both directions."""

    field: Field
    descending: bool


def parse(text: str, entity: Entity) -> Tree | None:
    """The tree of a filter; None for the empty one, which everything matches.

    Raises:
        InvalidValue: it is not in the language; the message says where and what was expected.
    """
    return _Parser(Tokens(text, "filter"), entity).filter() if text else None


def parse_order(order_by: Sequence[str], entity: Entity) -> tuple[Order, ...]:
    """The keys that ``order_by`` stands for, with those that decide between equals.

    A key that is named again is left out there.

    Raises:
        InvalidValue: an entry is not ``field``, ``field ASC`` or ``field DESC``, or there are more
            than `MAX_ORDER`.
    """
    if len(order_by) > MAX_ORDER:
        raise InvalidValue(
            f"Invalid order_by: {len(order_by)} entries, at most {MAX_ORDER} are allowed."
        )
    found: dict[Field, Order] = {}
    for text in (*order_by, *entity.ties) if order_by else entity.order:
        order = _Parser(Tokens(text, "order_by"), entity).order()
        found.setdefault(order.field, order)
    return tuple(found.values())


def parse_field(text: str, entity: Entity) -> Field:
    """The field that a text names, written as in a filter.

    Raises:
        InvalidValue: it is not one field, or none that has one value for each of the entities.
    """
    return _Parser(Tokens(text, "column"), entity).alone()


_KEYWORDS = {"AND", "OR", "NOT", "IN", "LIKE", "ILIKE", "RLIKE", "BETWEEN", "IS", "NULL"}
_ORDERED = ("<", "<=", ">", ">=")
_NUMBER_OPERATORS = "=, !=, <, <=, >, >=, IN, BETWEEN or IS"
_TEXT_OPERATORS = "=, !=, LIKE, ILIKE, RLIKE, IN, BETWEEN or IS"
_OPERATORS: Mapping[Type, str] = MappingProxyType(
    {
        Type.TEXT: _TEXT_OPERATORS,
        Type.NUMBER: _NUMBER_OPERATORS,
        Type.INTEGER: _NUMBER_OPERATORS,
        Type.MIXED: "=, !=, <, <=, >, >=, LIKE, ILIKE, RLIKE, IN, BETWEEN or IS",
    }
)
_INTEGER = re.compile(r"-?[0-9]{1,19}")


class _Parser:
    def __init__(self, tokens: Tokens, entity: Entity) -> None:
        self.tokens = tokens
        self.entity = entity
        self.depth = 0
        self.comparisons = 0
        self.values = 0

    def filter(self) -> Tree:
        tree = self.any()
        if self.tokens.next.kind != "end":
            raise self.tokens.error("AND, OR or the end")
        return tree

    def order(self) -> Order:
        place = self.tokens.next
        found = self.field()
        group = next(g for g in self.entity.groups if g.name == found.group)
        if not group.sortable:
            raise self.tokens.error(f"a field that {self.entity.name}s can be sorted by", place)
        descending = self.tokens.take_keyword("ASC", "DESC") == "DESC"
        if self.tokens.next.kind != "end":
            raise self.tokens.error("ASC, DESC or the end")
        return Order(found, descending)

    def alone(self) -> Field:
        place = self.tokens.next
        found = self.field()
        if not next(g for g in self.entity.groups if g.name == found.group).sortable:
            raise self.tokens.error(f"a field that has one value for a {self.entity.name}", place)
        if self.tokens.next.kind != "end":
            raise self.tokens.error("the end")
        return found

    def any(self) -> Tree:
        parts = [self.all()]
        while self.tokens.take_keyword("OR"):
            parts.append(self.all())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def all(self) -> Tree:
        parts = [self.part()]
        while self.tokens.take_keyword("AND"):
            if self.tokens.next.kind == "end" and self.depth == 0:
                break
            parts.append(self.part())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def part(self) -> Tree:
        place = self.tokens.next
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.tokens.error(f"at most {MAX_DEPTH} parentheses and NOTs inside each other")
        tree: Tree
        if self.tokens.take_keyword("NOT"):
            tree = Not(self.part())
        elif self.tokens.take_mark("("):
            tree = self.any()
            if not self.tokens.take_mark(")"):
                raise self.tokens.error("AND, OR or )")
        else:
            self.comparisons += 1
            if self.comparisons > MAX_COMPARISONS:
                raise self.tokens.error(f"at most {MAX_COMPARISONS} comparisons", place)
            tree = self.comparison()
        self.depth -= 1
        return tree

    def comparison(self) -> Tree:
        found = self.field()
        place = self.tokens.next
        if self.tokens.take_keyword("IS"):
            negated = self.tokens.take_keyword("NOT")
            if not self.tokens.take_keyword("NULL"):
                raise self.tokens.error("NULL" if negated else "NULL or NOT NULL")
            return Present(found) if negated else Not(Present(found))
        if place.kind == "operator":
            return self.comparison_by_sign(found)
        negated = self.tokens.take_keyword("NOT")
        operator = self.tokens.take_keyword("LIKE", "ILIKE", "RLIKE", "IN", "BETWEEN")
        if not operator and negated:
            raise self.tokens.error("LIKE, ILIKE, RLIKE, IN or BETWEEN")
        if not operator or (operator.endswith("LIKE") and not _holds_text(found)):
            raise self.tokens.error(_OPERATORS[found.type], place)
        if operator == "IN":
            values = self.list(found.type)
        elif operator == "BETWEEN":
            values = self.range(found.type)
        else:
            values = (self.expression() if operator == "RLIKE" else self.pattern(),)
        return Comparison(found, operator, values, bool(negated))

    def comparison_by_sign(self, found: Field) -> Comparison:
        sign = self.tokens.next.text
        wanted = found.type
        if sign in _ORDERED and wanted is Type.MIXED:
            wanted = Type.NUMBER
        if sign not in ("=", "!=", *_ORDERED) or (sign in _ORDERED and wanted is Type.TEXT):
            raise self.tokens.error(_OPERATORS[found.type])
        self.tokens.take()
        value = self.value(wanted)
        return Comparison(found, "=" if sign == "!=" else sign, (value,), sign == "!=")

    def expression(self) -> str:
        """A regular expression in what all engines have in common, as far as Python's can tell."""
        place = self.tokens.next
        value = str(self.value(Type.TEXT))
        if len(value) > MAX_EXPRESSION:
            raise self.tokens.error(f"at most {MAX_EXPRESSION} characters", place)
        try:
            re.compile(value)
            known = "(?" not in value
        except (re.error, OverflowError, RecursionError):
            known = False
        if not known:
            raise self.tokens.error("a regular expression without (?", place)
        return value

    def pattern(self) -> str:
        place = self.tokens.next
        value = self.value(Type.TEXT)
        if len(str(value)) > MAX_PATTERN:
            raise self.tokens.error(f"a pattern of at most {MAX_PATTERN} characters", place)
        return str(value)

    def list(self, wanted: Type) -> tuple[Value, ...]:
        if not self.tokens.take_mark("("):
            raise self.tokens.error("( and a list of values")
        values: list[Value] = []
        while not values or self.tokens.next.text != ")":
            if self.values == MAX_VALUES:
                raise self.tokens.error(f"at most {MAX_VALUES} values in lists")
            self.values += 1
            values.append(self.value(wanted))
            wanted = _like(wanted, values[0])
            if not self.tokens.take_mark(","):
                break
        if not self.tokens.take_mark(")"):
            raise self.tokens.error(", or )")
        return tuple(values)

    def range(self, wanted: Type) -> tuple[Value, ...]:
        low = self.value(wanted)
        if not self.tokens.take_keyword("AND"):
            raise self.tokens.error("AND and the upper bound")
        return low, self.value(_like(wanted, low))

    def value(self, wanted: Type) -> Value:
        token = self.tokens.next
        if token.quote in ("'", '"') and wanted in (Type.TEXT, Type.MIXED):
            return self.tokens.take().quoted
        if token.kind == "number" and wanted is not Type.TEXT:
            whole = _INTEGER.fullmatch(token.text)
            if whole or wanted is not Type.INTEGER:
                return _number(self.tokens.take().text, whole=whole is not None)
        raise self.tokens.error(wanted.value)

    def field(self) -> Field:
        """The next words as a field: ``key``, ``group.key``, either of them with quotes."""
        first = self.tokens.next
        if first.keyword in _KEYWORDS or not (first.kind == "word" or first.quote in ("`", '"')):
            raise self.tokens.error(f"a field of a {self.entity.name}, such as {self.example()}")
        self.tokens.take()
        text = first.quoted if first.quote else first.text
        prefix, dot, key = text.partition(".")
        place = first
        follows = self.tokens.next
        if dot and not key and not first.quote and follows.quote and follows.position == first.end:
            place = self.tokens.take()
            key = place.quoted
        group = self.group(prefix, first) if dot else self.bare_group()
        return self.resolve(group, key if dot else text, place)

    def example(self) -> str:
        group = self.bare_group()
        return next(iter(group.keys)) if isinstance(group.keys, Mapping) else group.prefixes[0]

    def bare_group(self) -> Group:
        return next(group for group in self.entity.groups if group.bare)

    def group(self, prefix: str, place: Token) -> Group:
        for group in self.entity.groups:
            if prefix in group.prefixes:
                return group
        known = ", ".join(f"{group.prefixes[0]}." for group in self.entity.groups)
        raise self.tokens.error(f"a field that begins with one of {known}", place)

    def resolve(self, group: Group, key: str, place: Token) -> Field:
        key = group.aliases.get(key, key)
        if isinstance(group.keys, Type):
            if not key:
                raise self.tokens.error(f"a key after {group.prefixes[0]}.", place)
            aspect = self.aspect(group, place)
            step = None if aspect else self.step(group, place)
            return Field(group.name, key, "" if aspect == "last" else aspect, group.keys, step)
        if key not in group.keys:
            raise self.tokens.error(f"one of {', '.join(group.keys)}", place)
        return Field(group.name, key, "", group.keys[key])

    def aspect(self, group: Group, place: Token) -> str:
        if not group.aspects or self.tokens.next.position != place.end:
            return ""
        if not self.tokens.take_mark(":"):
            return ""
        if self.tokens.next.text not in group.aspects:
            raise self.tokens.error(_either(group.aspects))
        return self.tokens.take().text

    def step(self, group: Group, place: Token) -> int | None:
        """The step of ``key@step``, which follows the key at once."""
        mark = self.tokens.next
        if not group.steps or mark.position != place.end or not self.tokens.take_mark("@"):
            return None
        step = self.tokens.next
        if step.position != mark.end or not _INTEGER.fullmatch(step.text):
            raise self.tokens.error("a step, which is a whole number")
        if not INT64_MIN <= int(step.text) <= INT64_MAX:
            raise self.tokens.error(f"a step from {INT64_MIN} to {INT64_MAX}")
        self.tokens.take()
        return int(step.text)


def _either(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _holds_text(found: Field) -> bool:
    return found.type in (Type.TEXT, Type.MIXED)


def _like(wanted: Type, first: Value) -> Type:
    """What must stand beside `first`: a text with texts, a number with numbers."""
    if wanted is not Type.MIXED:
        return wanted
    return Type.TEXT if isinstance(first, str) else Type.NUMBER


def _number(text: str, *, whole: bool) -> int | float:
    """The number; an integer that no column can hold becomes a float."""
    if whole and INT64_MIN <= int(text) <= INT64_MAX:
        return int(text)
    return float(text)
