"""What a mutant is: one small change to one place of one file, of a kind that people make by mistake."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

UNTOLD = {"flush", "strict", "help", "daemon"}  # keywords whose change no result tells
SWAPPED: dict[type, type] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
Change = tuple[str, ast.AST, str]  # kind, the node that is replaced, by what


@dataclass(frozen=True)
class Mutant:
    """A change of `source[start:end]` (bytes) to `text`."""

    path: str
    line: int
    kind: str
    start: int
    end: int
    text: str

    def of(self, source: bytes) -> bytes:
        return source[: self.start] + self.text.encode() + source[self.end :]

    def shown(self, source: bytes) -> str:
        """The line as it becomes, in a diff's way."""
        after = self.of(source).decode().splitlines()
        before = source.decode().splitlines()
        new = after[self.line - 1] if self.line <= len(after) else ""
        return f"- {before[self.line - 1].strip()}\n+ {new.strip()}"


def mutants(path: str, source: bytes) -> Iterator[Mutant]:
    """All changes of a file, in its order; each of them is a program that still compiles."""
    tree = ast.parse(source)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node, parents in _code(tree, []):
        for kind, old, text in _changes(node, parents):
            start = starts[old.lineno - 1] + old.col_offset  # type: ignore[attr-defined]
            end = starts[old.end_lineno - 1] + old.end_col_offset  # type: ignore[attr-defined]
            one = Mutant(path, old.lineno, kind, start, end, text)  # type: ignore[attr-defined]
            if _compiles(one.of(source)):
                yield one


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "mutant", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


def _code(node: ast.AST, parents: list[ast.AST]) -> Iterator[tuple[ast.AST, list[ast.AST]]]:
    """Every node that runs, with those it is in: no annotation, docstring, message, or code for types alone."""
    yield node, parents
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "type_params", "names", "ops", "op", "ctx"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _left_out(node, child):
                yield from _code(child, [*parents, node])


def _left_out(parent: ast.AST, node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True  # a docstring
    if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "__name__ == '__main__'"):
        return True
    if isinstance(node, ast.keyword) and node.arg in UNTOLD:
        return True
    return isinstance(node, (ast.JoinedStr, ast.Assert, ast.ImportFrom, ast.Import))


def _changes(node: ast.AST, parents: list[ast.AST]) -> Iterator[Change]:
    parent = parents[-1] if parents else ast.Module([], [])
    match node:
        case ast.BoolOp():
            yield from _of_bool(node, parents)
        case ast.Compare(ops=[op, *_]):
            yield "comparison changed", node, _with(node, ops=[SWAPPED[type(op)](), *node.ops[1:]])
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", node, f"({ast.unparse(node.operand)})"
        case ast.Constant(value=bool() as flag):
            yield "flag flipped", node, str(not flag)
        case ast.Constant(value=int() | float() as number):
            yield "number changed", node, repr(number + 1)
        case ast.Constant(value=str() as text) if text and " " not in text and not _raised(parents):
            yield "string changed", node, repr(f"{text}_")
        case ast.Expr(value=ast.Call() | ast.Await() as call) if "print" not in ast.unparse(call)[:6]:
            yield "call removed", node, "pass"
        case ast.ExceptHandler(type=ast.expr() as caught):
            yield "handler removed", caught, "()"
        case ast.Return(value=ast.expr() as value) if ast.unparse(value) != "None":
            yield "return value dropped", node, "return None"
        case ast.Call(func=ast.Name(id="sorted" | "reversed"), args=[first, *_]):
            yield "order dropped", node, f"list({ast.unparse(first)})"
        case ast.Call(keywords=[_, *_]) if not _raised([*parents, node]) and not isinstance(
            parent, ast.ClassDef
        ):
            yield from _of_keywords(node)


def _of_bool(node: ast.BoolOp, parents: list[ast.AST]) -> Iterator[Change]:
    if isinstance(node.op, ast.And):
        yield "and/or swapped", node, f"({_with(node, op=ast.Or())})"
    elif _is_condition(node, parents):
        yield "and/or swapped", node, _with(node, op=ast.And())
    else:
        yield "fallback dropped", node, ast.unparse(node.values[0])
        yield "fallback taken", node, ast.unparse(node.values[-1])


def _is_condition(node: ast.AST, parents: list[ast.AST]) -> bool:
    for parent in reversed(parents):
        if isinstance(parent, (ast.If, ast.While, ast.IfExp, ast.comprehension)):
            return node in (getattr(parent, "test", None), *getattr(parent, "ifs", ()))
        if not isinstance(parent, (ast.BoolOp, ast.UnaryOp)):
            return False
        node = parent
    return False


def _of_keywords(node: ast.Call) -> Iterator[Change]:
    for number, keyword in enumerate(node.keywords):
        if keyword.arg and keyword.arg not in UNTOLD:
            rest = node.keywords[:number] + node.keywords[number + 1 :]
            yield "keyword removed", node, _with(node, keywords=rest)


def _raised(parents: list[ast.AST]) -> bool:
    """Whether this is what an error says: its wording is no result."""
    return any(isinstance(one, ast.Raise) for one in parents)


def _with(node: ast.AST, **fields: object) -> str:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return ast.unparse(changed)
