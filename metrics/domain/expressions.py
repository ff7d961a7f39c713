"""Arithmetic over other metrics' keys: read by Python's own parser, of which only arithmetic is let through.

`(resolved + closed) / opened * 100`, `mean(north, south)`, `"first-response" - 2`. A name is a metric's key; a key
with a hyphen stands in quotes. Nothing is ever executed: the parsed tree is walked here, with exact decimals.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow, localcontext

LONGEST = 500
MOST_INPUTS = 20
DEEPEST = 30
PRECISION = 40
PLACES = Decimal("0.000001")  # as observations are stored
LARGEST = Decimal(10) ** 15

OPERATORS: dict[type[ast.AST], tuple[str, Callable[[Decimal, Decimal], Decimal]]] = {
    ast.Add: ("+", lambda a, b: a + b),
    ast.Sub: ("-", lambda a, b: a - b),
    ast.Mult: ("*", lambda a, b: a * b),
    ast.Div: ("/", lambda a, b: a / b),
}
FUNCTIONS: dict[str, Callable[[Sequence[Decimal]], Decimal]] = {
    "sum": lambda values: sum(values, Decimal(0)),
    "mean": lambda values: sum(values, Decimal(0)) / len(values),
    "min": min,
    "max": max,
}


class Unreadable(ValueError):
    """The text is no expression of this language; carries the sentence."""


class Incalculable(ValueError):
    """The expression has no value for these inputs; carries the sentence."""


@dataclass(frozen=True)
class Number:
    """A number as written."""

    value: Decimal


@dataclass(frozen=True)
class Input:
    """Another metric, by its key."""

    key: str


@dataclass(frozen=True)
class Call:
    """An operator (`+ - * /`, or `neg` for a sign) or a function over parts."""

    name: str
    parts: "tuple[Node, ...]"


Node = Number | Input | Call


@dataclass(frozen=True)
class Expression:
    """A parsed formula: its text and its tree."""

    text: str
    root: Node

    @property
    def inputs(self) -> tuple[str, ...]:
        """The keys it needs, in the order in which they stand."""
        return tuple(dict.fromkeys(_keys(self.root)))

    def value(self, inputs: Mapping[str, Decimal]) -> Decimal:
        """Return the value for these inputs, to six places; Incalculable for a division by zero or a number too large.

        KeyError when an input is missing: what to do then is a policy of the metric, not of arithmetic.
        """
        try:
            with localcontext(prec=PRECISION):
                found = _value(self.root, inputs)
                if abs(found) >= LARGEST:
                    raise Incalculable("The result has more than 15 digits before the point.")
                return found.quantize(PLACES).normalize() + 0
        except DivisionByZero:
            raise Incalculable("The formula divides by zero.") from None
        except (InvalidOperation, Overflow):
            raise Incalculable("The formula has no number as its result (0 / 0, or too large).") from None


def parse(text: str) -> Expression:
    """Read a formula; Unreadable says what is wrong and where."""
    text = text.strip()
    if len(text) > LONGEST:
        raise Unreadable(f"A formula has up to {LONGEST} characters; this one has {len(text)}.")
    if not text:
        raise Unreadable("Write a formula over other metrics’ keys, for example resolved / opened * 100.")
    try:
        tree = ast.parse(text.replace("\n", " "), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        place = f" near character {error.offset}" if isinstance(error, SyntaxError) and error.offset else ""
        raise Unreadable(f"This cannot be read as a formula{place}. Use keys, numbers, + - * / and brackets.") from None
    root = _node(tree.body, text.replace("\n", " "), 0)
    found = Expression(text, root)
    if not found.inputs:
        raise Unreadable("A formula names at least one other metric by its key.")
    if len(found.inputs) > MOST_INPUTS:
        raise Unreadable(f"A formula rests on up to {MOST_INPUTS} metrics; this one names {len(found.inputs)}.")
    return found


def _node(tree: ast.AST, text: str, depth: int) -> Node:
    """Translate one node of Python's tree; everything but arithmetic is refused."""
    if depth > DEEPEST:
        raise Unreadable(f"The formula is nested more than {DEEPEST} deep; split it into several metrics.")
    if isinstance(tree, ast.BinOp) and type(tree.op) in OPERATORS:
        parts = (_node(tree.left, text, depth + 1), _node(tree.right, text, depth + 1))
        return Call(OPERATORS[type(tree.op)][0], parts)
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub | ast.UAdd):
        inner = _node(tree.operand, text, depth + 1)
        return inner if isinstance(tree.op, ast.UAdd) else Call("neg", (inner,))
    if isinstance(tree, ast.Name):
        return Input(tree.id)
    if isinstance(tree, ast.Constant):
        return _constant(tree, text)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name) and not tree.keywords:
        return _call(tree.func.id, tree.args, text, depth)
    raise Unreadable(f"“{_source(tree, text)}” is not allowed: a formula has keys, numbers, + - * /, brackets, "
                     f"and {', '.join(FUNCTIONS)}.")  # fmt: skip


def _call(name: str, parts: Sequence[ast.AST], text: str, depth: int) -> Call:
    if name not in FUNCTIONS:
        raise Unreadable(f"There is no function “{name}”; there are {', '.join(FUNCTIONS)}.")
    if not parts:
        raise Unreadable(f"{name}() needs something in its brackets.")
    return Call(name, tuple(_node(part, text, depth + 1) for part in parts))


def _constant(tree: ast.Constant, text: str) -> Node:
    """Read a number from the text itself, since Python's floats are not exact; a text in quotes is a key."""
    if isinstance(tree.value, str):
        return Input(tree.value)
    if isinstance(tree.value, bool) or not isinstance(tree.value, int | float):
        raise Unreadable(f"“{_source(tree, text)}” is not a number.")
    try:
        number = Decimal(_source(tree, text).replace("_", ""))
    except InvalidOperation:
        raise Unreadable(f"Write “{_source(tree, text)}” as a plain decimal number.") from None
    if not number.is_finite() or abs(number) >= LARGEST:
        raise Unreadable(f"“{_source(tree, text)}” is too large.")
    return Number(number)


def _source(tree: ast.AST, text: str) -> str:
    return (ast.get_source_segment(text, tree) or "")[:60]


def _keys(node: Node) -> Iterator[str]:
    if isinstance(node, Input):
        yield node.key
    elif isinstance(node, Call):
        for part in node.parts:
            yield from _keys(part)


def _value(node: Node, inputs: Mapping[str, Decimal]) -> Decimal:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Input):
        return inputs[node.key]
    parts = [_value(part, inputs) for part in node.parts]
    if node.name == "neg":
        return -parts[0]
    if node.name in FUNCTIONS:
        return FUNCTIONS[node.name](parts)
    first, second = parts
    return next(act for name, act in OPERATORS.values() if name == node.name)(first, second)


def cycle(key: str, inputs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return a path of keys from `key` back to itself, or nothing; `inputs` maps each key to what it rests on."""
    path: list[str] = []
    seen: set[str] = set()

    def leads_back(at: str) -> bool:
        seen.add(at)
        path.append(at)
        for following in inputs.get(at, ()):
            if following == key or (following not in seen and leads_back(following)):
                return True
        path.pop()
        return False

    return [*path, key] if leads_back(key) else []
