"""What the source of a package says, without running it: modules, classes with all that `@patch` adds, types of what has no annotation.

A type is inferred only where the source leaves no doubt: a literal, a constructor, a parameter that is stored, a function that returns
nothing. What an expression means depends on the imports of its module, so that a type is always a pair of both (`Type`)."""
import ast, builtins, collections.abc, typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

Function = ast.FunctionDef | ast.AsyncFunctionDef
UNKNOWN = ast.Constant(...)   # a part of something that is unpacked

# Expressions

def parsed(text:str) -> ast.expr: return ast.parse(text, mode='eval').body
def is_none(e:ast.expr|None) -> bool: return isinstance(e, ast.Constant) and e.value is None
def is_text(e:ast.expr|None) -> bool: return isinstance(e, ast.Constant) and isinstance(e.value, str)

def is_empty(e:ast.expr) -> bool:
    "Whether it is an empty literal."
    return isinstance(e, ast.Dict) and not e.keys or isinstance(e, ast.List|ast.Tuple) and not e.elts

def decorator_name(d:ast.expr) -> str: return ast.unparse(d.func if isinstance(d, ast.Call) else d)
def decorator_names(node:Function|ast.ClassDef) -> list[str]: return [*map(decorator_name, node.decorator_list)]

def union_parts(e:ast.expr) -> Iterator[ast.expr]:
    "The alternatives of a union, or of the text of one."
    match e:
        case ast.Constant(value=str()): yield from union_parts(parsed(e.value))
        case ast.BinOp(op=ast.BitOr()): yield from chain(union_parts(e.left), union_parts(e.right))
        case _: yield e

def parameters(f:Function) -> list[ast.arg]:
    "Those that can be given by place."
    return f.args.posonlyargs + f.args.args

def is_self(e:ast.expr, f:Function|None) -> bool:
    "Whether an expression is the first parameter of a function."
    return f is not None and bool(params := parameters(f)) and isinstance(e, ast.Name) and e.id == params[0].arg

@cache
def own_nodes(f:Function) -> list[ast.AST]:
    "The nodes of a function's body, without those of functions and classes inside."
    found, todo = [], f.body[::-1]
    while todo:
        found.append(node := todo.pop())
        if not isinstance(node, Function|ast.ClassDef|ast.Lambda): todo += [*ast.iter_child_nodes(node)][::-1]
    return found

def is_generator(f:Function) -> bool: return any(isinstance(n, ast.Yield|ast.YieldFrom) for n in own_nodes(f))

@cache
def stores(f:Function, name:str) -> bool:
    "Whether a function gives a name another value."
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in own_nodes(f))

def assignments(node:ast.Assign) -> Iterator[tuple[ast.expr, ast.expr]]:
    "What a statement assigns to what; tuples on both sides are taken apart."
    for target in node.targets:
        if not isinstance(target, ast.Tuple): yield target, node.value
        elif isinstance(node.value, ast.Tuple) and len(node.value.elts) == len(target.elts): yield from zip(target.elts, node.value.elts)
        else: yield from ((part, UNKNOWN) for part in target.elts)

def named_values(node:ast.stmt) -> Iterator[tuple[str, ast.expr|None, ast.expr|None]]:
    "What a statement assigns to plain names: name, annotation, value."
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)): yield name, node.annotation, node.value
        case ast.Assign(): yield from ((t.id, None, value) for t, value in assignments(node) if isinstance(t, ast.Name))

# Modules

class Origin(NamedTuple):
    "Where a name comes from: `from module import name`, or `import module` when there is no name."
    module:str
    name:str|None

ABCS = {*collections.abc.__all__} & {*typing.__all__}   # `typing` has these too: they get one home

class Module:
    "A module: its source, what it imports and what it defines."
    def __init__(self,
        name:str,   # With its package: 'cjm_jobtrack.model.job'
        path:Path,
    ):
        self.name, self.path = name, path
        self.lines = path.read_text().split('\n')
        self.tree = ast.parse('\n'.join(self.lines))
        self.imports: dict[str, Origin] = {}
        self.defs: dict[str, list[ast.stmt]] = {}   # name -> what defines it, in order
        self.patches: list[Function] = []
        for node in self.tree.body: self._read(node)

    def _read(self, node:ast.stmt) -> None:
        match node:
            case ast.Import(): self.imports |= {a.asname or a.name.partition('.')[0]: Origin(a.name, None) for a in node.names}
            case ast.ImportFrom(): self.imports |= {a.asname or a.name: self._origin(node, a.name) for a in node.names}
            case ast.If() | ast.Try():
                for inner in node.body: self._read(inner)
            case ast.FunctionDef() | ast.AsyncFunctionDef() if read_patch(node) is not None: self.patches.append(node)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef(): self.defs.setdefault(node.name, []).append(node)
            case _:
                for name, *_ in named_values(node): self.defs.setdefault(name, []).append(node)

    def _origin(self, node:ast.ImportFrom, name:str) -> Origin:
        parents = self.name.split('.')[:-node.level] if node.level else []
        module = '.'.join([*parents, *filter(None, [node.module])])
        return Origin('collections.abc' if module == 'typing' and name in ABCS else module, name)

    def text(self, node:ast.expr) -> str:
        "A node as it is written."
        lines = [line.encode() for line in self.lines[node.lineno-1:node.end_lineno]]
        lines[-1] = lines[-1][:node.end_col_offset]   # in bytes
        lines[0] = lines[0][node.col_offset:]
        return b'\n'.join(lines).decode()

    @cached_property
    def public(self) -> list[str]:
        "The names in `__all__`."
        return next((ast.literal_eval(n.value) for n in self.defs.get('__all__', ())), [])

    @property
    def is_exported(self) -> bool:
        "Whether a notebook makes it."
        return self.path.name != '_modidx.py' and any('AUTOGENERATED' in line for line in self.lines[:20])

class Patch(NamedTuple):
    "What the `@patch` of a function says."
    classes:list[ast.expr]
    kind:str        # As of a `Member`
    name:str

def read_patch(f:Function) -> Patch|None:  # None: there is none
    "How a function is patched into classes."
    d = next((d for d in f.decorator_list if decorator_name(d) in ('patch', 'patch_to')), None)
    if d is None: return None
    options = {k.arg: ast.literal_eval(k.value) for k in d.keywords} if isinstance(d, ast.Call) else {}
    kinds = dict(as_prop='property', set_prop='setter', cls_method='classmethod', static_method='staticmethod')
    kind = next((kind for option, kind in kinds.items() if options.get(option)), '')
    to = d.args[0] if decorator_name(d) == 'patch_to' else parameters(f)[0].annotation
    found = to.elts if isinstance(to, ast.Tuple) else union_parts(to)
    classes = [c.slice if isinstance(c, ast.Subscript) else c for c in found]   # `type[A]`
    return Patch(classes, kind, options.get('nm') or f.name)

# Classes

class Member(NamedTuple):
    "A method, property or class inside a class."
    node:Function|ast.ClassDef
    module:Module
    kind:str=''   # 'property', 'setter', 'classmethod', 'staticmethod'; '' when its decorators say

    @property
    def is_setter(self) -> bool:
        return self.kind == 'setter' or any(name.endswith('.setter') for name in decorator_names(self.node))

    @property
    def is_static(self) -> bool: return self.kind == 'staticmethod' or 'staticmethod' in decorator_names(self.node)

    @property
    def is_property(self) -> bool:
        return self.kind == 'property' or any(n.endswith('property') for n in decorator_names(self.node))

class Attribute(NamedTuple):
    "A place where an attribute gets a value."
    name:str
    annotation:ast.expr|None
    value:ast.expr|None
    function:Function|None   # That sets it; None: the body of the class
    module:Module

@dataclass(eq=False)
class Class:
    "A class, with everything that is patched into it."
    node:ast.ClassDef
    module:Module
    members:dict[str, list[Member]] = field(default_factory=dict)   # name -> its definitions: several for setters, overloads

    def add(self, name:str, m:Member) -> None:
        adds = m.is_setter or 'overload' in decorator_names(m.node)
        self.members[name] = [*(self.members.get(name, []) if adds else []), m]

    def body(self, kind:type) -> list: return [n for n in self.node.body if isinstance(n, kind)]

    @cached_property
    def attributes(self) -> dict[str, list[Attribute]]:
        "Name -> where it gets a value: in the class's body, then in its methods, `__init__` first."
        found = [Attribute(*values, None, self.module) for node in self.node.body for values in named_values(node)]
        methods = [m for ms in self.members.values() for m in ms if isinstance(m.node, Function)]
        for m in sorted(methods, key=lambda m: m.node.name != '__init__'): found += set_on_self(m)
        by_name: dict[str, list[Attribute]] = {}
        for a in found: by_name.setdefault(a.name, []).append(a)
        return by_name

    def is_a(self, *names:str) -> bool:
        "Whether one of these is written among its bases."
        return any(ast.unparse(b).partition('[')[0].rpartition('.')[2] in names for b in self.node.bases)

    @property
    def has_fields(self) -> bool:
        "Whether what is annotated in its body is what its constructor takes."
        is_dataclass = any(name.endswith('dataclass') for name in decorator_names(self.node))
        return is_dataclass or self.is_a('NamedTuple', 'BaseModel')

def set_on_self(m:Member) -> Iterator[Attribute]:
    "Where a method sets an attribute of its first parameter."
    f = m.node
    if m.is_static: return
    def is_ours(e:ast.expr) -> bool: return isinstance(e, ast.Attribute) and is_self(e.value, f)
    for node in own_nodes(f):
        match node:
            case ast.AnnAssign(target=target) if is_ours(target):
                yield Attribute(target.attr, node.annotation, node.value, f, m.module)
            case ast.Assign():
                yield from (Attribute(t.attr, None, value, f, m.module) for t, value in assignments(node) if is_ours(t))
            case ast.Call(func=ast.Name(id='store_attr'), args=args):   # fastcore's: parameters become attributes
                names = args[0].value.split(',') if args else [p.arg for p in parameters(f)[1:] + f.args.kwonlyargs]
                yield from (Attribute(n.strip(), None, ast.Name(n.strip()), f, m.module) for n in names)

# Types

class Type(NamedTuple):
    "A type as it is written, and the module in which its names have their meaning."
    expr:ast.expr
    module:Module

    def __str__(self): return ast.unparse(self.expr)

Types = list[Type]|None   # The alternatives; None: not known

class _Names:
    "A module that has names and no source."
    def __init__(self, **imports:str):
        self.name, self.defs, self.imports = '', {}, {name: Origin(module, name) for name, module in imports.items()}

_NAMES = _Names(Any='typing', Self='typing')

def standard(text:str) -> Types:
    "A type made of builtins, `Any` and `Self`."
    return [Type(parsed(text), _NAMES)]

def either(*types:Types) -> Types:
    "One type or the other; not known when one of them is not."
    if not types or any(t is None for t in types): return None
    return [*{str(t): t for t in chain(*types)}.values()]

def without_none(types:Types) -> Types:
    if types is None: return None
    parts = [Type(part, t.module) for t in types for part in union_parts(t.expr)]
    return [t for t in parts if not is_none(t.expr)]

def is_just(types:Types, text:str) -> bool: return types is not None and [*map(str, types)] == [text]

def container(name:str, inside:Types, rest:str='') -> Types:
    "`list[…]` and the like."
    if inside is None or len({t.module.name for t in inside}) > 1: return None
    return [Type(parsed(f'{name}[{" | ".join(map(str, inside))}{rest}]'), inside[0].module)]

RETURNS = {   # by the data model
    **dict.fromkeys(['__init__', '__post_init__', '__set_name__'], 'None'),
    **dict.fromkeys(['__repr__', '__str__', '__fspath__', '__format__'], 'str'),
    **dict.fromkeys(['__len__', '__hash__', '__index__', '__int__'], 'int'), '__bytes__': 'bytes', '__float__': 'float', '__dir__': 'list[str]',
    **dict.fromkeys(['__bool__', '__contains__', '__eq__', '__ne__', '__lt__', '__le__', '__gt__', '__ge__'], 'bool')}
CALLS = dict(str='str', int='int', float='float', bool='bool', bytes='bytes', bytearray='bytearray', len='int', repr='str')   # builtins
SAME_TYPE = {   # methods that return what they are of
    **dict.fromkeys(['resolve', 'absolute', 'expanduser', 'with_name', 'with_suffix', 'joinpath'], 'Path'),
    **dict.fromkeys(['strip', 'lstrip', 'rstrip', 'lower', 'upper', 'removeprefix', 'removesuffix', 'replace'], 'str')}

# The package

class Package:
    "All modules of a package, with what is patched in at its place."
    def __init__(self,
        folder:Path,              # Of its `__init__.py`
        home:dict[str, str],      # Names that come through its `__getattr__` -> the module below it that defines them
    ):
        self.name, self.folder, self.home = folder.name, folder, home
        paths = sorted(folder.rglob('*.py'))
        names = ['.'.join(p.relative_to(folder.parent).with_suffix('').parts).removesuffix('.__init__') for p in paths]
        self.modules = {name: Module(name, path) for name, path in zip(names, paths)}
        self.classes: dict[Origin, Class] = {}
        self._attribute_types: dict[tuple[int, str], Types] = {}
        for m in self.modules.values(): self._add_classes(m)
        for m in self.modules.values():
            for f in m.patches: self._apply(f, m)

    def _add_classes(self, m:Module) -> None:
        for name, (*_, node) in m.defs.items():
            if isinstance(node, ast.ClassDef): self.classes[Origin(m.name, name)] = self.make_class(node, m)

    def make_class(self, node:ast.ClassDef, m:Module) -> Class:
        made = Class(node, m)
        for inner in made.body(Function|ast.ClassDef): made.add(inner.name, Member(inner, m))
        for name, _, value in chain(*map(named_values, node.body)):
            match value:
                case ast.Call(func=ast.Name(id='staticmethod'), args=[ast.Name(id=function)]):
                    origin = self.origin(m, function)
                    if isinstance(f := self.node(origin), Function): made.add(name, Member(f, self.modules[origin.module], 'staticmethod'))
        return made

    def _apply(self, f:Function, m:Module) -> None:
        patch = read_patch(f)
        for expr in patch.classes:
            c = self.class_of(Type(expr, m))
            if c is None: raise SystemExit(f'{m.path}:{f.lineno}: `{ast.unparse(expr)}` is no class of the package')
            c.add(patch.name, Member(f, m, patch.kind))

    # Names

    def is_ours(self, module:str) -> bool: return module.partition('.')[0] == self.name

    def origin(self, m:Module, name:str) -> Origin|None:
        "Where a name of a module comes from in the end."
        if name in m.defs: return Origin(m.name, name)
        if (found := m.imports.get(name)) is None: return Origin('builtins', name) if hasattr(builtins, name) else None
        if not self.is_ours(found.module) or found.name is None or f'{found.module}.{found.name}' in self.modules: return found
        if found.module == self.name and found.name in self.home: return Origin(f'{self.name}.{self.home[found.name]}', found.name)
        return self.origin(self.modules[found.module], found.name)

    def node(self, origin:Origin|None) -> ast.stmt|None:
        "What defines a name of ours."
        m = self.modules.get(origin.module) if origin else None
        return m.defs[origin.name][-1] if m and origin.name in m.defs else None

    def class_of(self, t:Type) -> Class|None:
        "The class of ours that an expression names."
        expr = t.expr.value if isinstance(t.expr, ast.Subscript) else t.expr
        if is_text(expr): return self.class_of(Type(parsed(expr.value), t.module))
        return self.classes.get(self.origin(t.module, expr.id)) if isinstance(expr, ast.Name) else None

    # What classes inherit

    def bases(self, c:Class) -> list[Class]: return [b for e in c.node.bases if (b := self.class_of(Type(e, c.module)))]

    def mro(self, c:Class) -> list[Class]:
        "A class and its bases of ours, in the order in which a name is looked up."
        found = [c, *chain(*map(self.mro, self.bases(c)))]
        return [k for n, k in enumerate(found) if k not in found[n+1:]]

    def member(self, c:Class, name:str) -> Member|None:
        "The definition of a method, also an inherited one."
        return next((k.members[name][-1] for k in self.mro(c) if name in k.members), None)

    @cached_property
    def heirs(self) -> list[tuple[Class, list[Class]]]:
        "Every class with all its bases."
        return [(c, self.mro(c)[1:]) for c in self.classes.values()]

    # Types that are not written

    def returns(self, f:Function, m:Module) -> Types:
        "What a function returns, without what `async` makes of it."
        if f.returns is not None: return [Type(f.returns, m)]
        if f.name in RETURNS: return standard(RETURNS[f.name])
        if is_generator(f): return None
        values = [n.value for n in own_nodes(f) if isinstance(n, ast.Return) and n.value is not None]
        if values and all(is_self(v, f) for v in values): return standard('Self')
        is_abstract = isinstance(f.body[-1], ast.Raise) and 'NotImplementedError' in ast.unparse(f.body[-1])
        return None if values or is_abstract else standard('None')

    def attribute(self, c:Class, name:str) -> Types:
        "The type of an attribute: the one that is written, or what all that it is set to comes to."
        key = id(c), name
        if key not in self._attribute_types:
            self._attribute_types[key] = None   # while it is inferred: it may be set to what is made of itself
            self._attribute_types[key] = self._attribute_type(c, c.attributes[name])
        return self._attribute_types[key]

    def _attribute_type(self, c:Class, places:list[Attribute]) -> Types:
        declared = next((a for a in places if a.annotation is not None), None)
        if declared is not None: return [Type(declared.annotation, declared.module)]
        found = [Values(self, a.module, a.function, c).type(a.value) for a in places]
        if found[0] and not is_none(found[0][0].expr): found = [*filter(None, found)]   # what it is first set to says what it is
        types = either(*found)
        return types if types and not all(is_none(t.expr) for t in types) else None

    def variable(self, m:Module, name:str) -> Types:
        "The type of a name that a module assigns."
        annotation, value = next((a, v) for n, a, v in named_values(m.defs[name][-1]) if n == name)
        return [Type(annotation, m)] if annotation is not None else Values(self, m).type(value)

@dataclass
class Values:
    "What the values of expressions are, seen from a place: a module, or a function in it, which may be a method."
    package:Package
    module:Module
    function:Function|None=None
    owner:Class|None=None

    def type(self, e:ast.expr|None) -> Types:
        "The type of an expression, where there is no doubt."
        match e:
            case ast.Constant(value=bool()|int()|float()|str()|bytes()): return standard(type(e.value).__name__)
            case ast.Constant(value=None): return standard('None')
            case ast.JoinedStr(): return standard('str')
            case ast.Compare() | ast.UnaryOp(op=ast.Not()): return standard('bool')
            case ast.UnaryOp(): return self.type(e.operand)
            case ast.BinOp(): return self._operation(e)
            case ast.List() | ast.Set() if e.elts: return container(type(e).__name__.lower(), either(*map(self.type, e.elts)))
            case ast.Tuple() if e.elts: return container('tuple', either(*map(self.type, e.elts)), ', ...')
            case ast.IfExp(): return either(self.type(e.body), self.type(e.orelse))
            case ast.BoolOp(op=ast.Or(), values=[*first, last]):
                lasts = [] if is_empty(last) else [self.type(last)]
                return either(*(without_none(self.type(v)) for v in first), *lasts)
            case ast.Name(): return self._name(e.id)
            case ast.Attribute(): return self._attribute(e)
            case ast.Call(): return self._call(e)

    def _operation(self, e:ast.BinOp) -> Types:
        left = self.type(e.left)
        if isinstance(e.op, ast.Div) and is_just(left, 'Path'): return left
        right = self.type(e.right)
        return left if left and right and [*map(str, left)] == [*map(str, right)] else None

    def _is_local(self, name:str) -> bool: return self.function is not None and stores(self.function, name)

    def _name(self, name:str) -> Types:
        if self._is_local(name): return None
        params = [*parameters(self.function), *self.function.args.kwonlyargs] if self.function else []
        found = next((p for p in params if p.arg == name), None)
        if found is not None: return [Type(found.annotation, self.module)] if found.annotation is not None else None
        origin = self.package.origin(self.module, name)
        match self.package.node(origin):
            case ast.ClassDef(): return [Type(parsed(f'type[{name}]'), self.module)]
            case ast.Assign() | ast.AnnAssign(): return self.package.variable(self.package.modules[origin.module], origin.name)

    def _attribute(self, e:ast.Attribute) -> Types:
        c = self.owner if is_self(e.value, self.function) else self._class(self.type(e.value))
        for k in self.package.mro(c) if c else ():
            if e.attr in k.members:
                m = k.members[e.attr][0]
                return self.package.returns(m.node, m.module) if m.is_property else None
            if e.attr in k.attributes: return self.package.attribute(k, e.attr)
        return None

    def _class(self, types:Types) -> Class|None:
        return self.package.class_of(types[0]) if types is not None and len(types) == 1 else None

    def _call(self, e:ast.Call) -> Types:
        match e.func:
            case ast.Attribute(value=value, attr=name):
                if is_self(value, self.function) and self.owner: return self._result(self.package.member(self.owner, name))
                if name in SAME_TYPE and is_just(made_of := self.type(value), SAME_TYPE[name]): return made_of
                origin = self.package.origin(self.module, value.id) if isinstance(value, ast.Name) else None
                is_module = origin is not None and origin.name is None and not self._is_local(value.id)
                return self._constructed(e.func, name) if is_module else None
            case ast.Name(id=name) if not self._is_local(name):
                origin = self.package.origin(self.module, name)
                if origin is None: return None
                if origin.module == 'builtins': return self._builtin(name, e.args)
                match self.package.node(origin):
                    case ast.ClassDef(): return [Type(e.func, self.module)]
                    case ast.FunctionDef() | ast.AsyncFunctionDef() as f: return self._result(Member(f, self.package.modules[origin.module]))
                return None if self.package.is_ours(origin.module) else self._constructed(e.func, origin.name or '')

    def _constructed(self, e:ast.expr, name:str) -> Types:
        "A class of another package, by how it is written."
        return [Type(e, self.module)] if name[:1].isupper() and not name.isupper() else None

    def _builtin(self, name:str, args:list[ast.expr]) -> Types:
        if name in CALLS: return standard(CALLS[name])
        copied = self.type(args[0]) if name in ('dict', 'list', 'set') and len(args) == 1 else None
        return copied if copied and all(str(t).startswith(f'{name}[') for t in copied) else None

    def _result(self, m:Member|None) -> Types:
        if m is None or not isinstance(m.node, ast.FunctionDef): return None
        return self.package.returns(m.node, m.module) if not {*decorator_names(m.node)} - {'patch', 'cache'} else None
