"""Make the type stubs: a `.pyi` beside each exported module, and that of the package. `--untyped` lists the public names without a type.

An editor and a type checker read source and run nothing, so that they see neither what `@patch` adds to a class nor the names that come
through a `__getattr__`. A stub says what there is once the package is imported: each patched method inside its class, the parameters that
`@delegates` brings in, the attributes that methods set, each with its docstring. It is made from source alone, and is the same each time.

In a stub are the names in `__all__` and what their signatures need. A type that is not written is inferred where the source leaves no
doubt: a literal, a constructor, a parameter that is stored, a function that returns nothing."""
import ast, builtins, collections.abc, importlib.util, sys, textwrap, typing
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT/'cjm_jobtrack'
WIDTH = 100   # a longer signature is written one parameter a line

Function = ast.FunctionDef | ast.AsyncFunctionDef

# Modules and names

class Origin(NamedTuple):
    "Where a name comes from: `from module import name`, or `import module` when there is no name."
    module:str
    name:str|None

    def of_ours(self) -> bool: return self.module.partition('.')[0] == PACKAGE.name

ABCS = {*collections.abc.__all__} & {*typing.__all__}   # `typing` has these too: one home for each

class Module:
    "A module of the package: its source, what it imports and what it defines."
    def __init__(self, path:Path):
        self.path = path
        self.name = '.'.join(path.relative_to(ROOT).with_suffix('').parts)
        self.lines = path.read_text().split('\n')
        self.tree = ast.parse('\n'.join(self.lines))
        self.imports: dict[str, Origin] = {}
        self.defs: dict[str, list[ast.stmt]] = {}   # name -> what defines it, in order
        for node in self.tree.body: self._read(node)

    def _read(self, node:ast.stmt):
        match node:
            case ast.Import(): self.imports |= {a.asname or a.name.partition('.')[0]: Origin(a.name, None) for a in node.names}
            case ast.ImportFrom(): self.imports |= {a.asname or a.name: self._origin(node, a.name) for a in node.names}
            case ast.If() | ast.Try():
                for inner in node.body: self._read(inner)
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                if patched(node) is None: self.defs.setdefault(node.name, []).append(node)
            case ast.Assign() | ast.AnnAssign():
                for name, *_ in assigned(node): self.defs.setdefault(name, []).append(node)

    def _origin(self, node:ast.ImportFrom, name:str) -> Origin:
        parents = self.name.split('.')[:-node.level] if node.level else []
        module = '.'.join([*parents, *filter(None, [node.module])])
        return Origin('collections.abc' if module == 'typing' and name in ABCS else module, name)

    def segment(self, node:ast.expr) -> str:
        "A node as it is written."
        lines = [line.encode() for line in self.lines[node.lineno-1:node.end_lineno]]
        lines[-1] = lines[-1][:node.end_col_offset]
        lines[0] = lines[0][node.col_offset:]
        return b'\n'.join(lines).decode()

    @cached_property
    def public(self) -> list[str]:
        "The names in `__all__`."
        return next((ast.literal_eval(n.value) for n in self.defs.get('__all__', ())), [])

    @cached_property
    def functions(self) -> list[Function]:
        "The patches."
        return [n for n in self.tree.body if isinstance(n, Function) and patched(n) is not None]

def assigned(node:ast.Assign|ast.AnnAssign) -> Iterator[tuple[str, ast.expr|None, ast.expr|None]]:
    "What a statement assigns to plain names: name, annotation, value."
    if isinstance(node, ast.AnnAssign):
        if isinstance(node.target, ast.Name): yield node.target.id, node.annotation, node.value
        return
    for target in node.targets: yield from unpacked(target, node.value, ast.Name)

def unpacked(target:ast.expr, value:ast.expr, kind:type) -> Iterator[tuple[str, None, ast.expr|None]]:
    "The names or attributes in a target, each with its part of the value."
    if isinstance(target, ast.Tuple):
        matches = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
        for n, part in enumerate(target.elts): yield from unpacked(part, value.elts[n] if matches else ast.Constant(...), kind)
    elif isinstance(target, kind): yield (target.id if isinstance(target, ast.Name) else target.attr), None, value

def decorator_name(d:ast.expr) -> str: return ast.unparse(d.func if isinstance(d, ast.Call) else d)

def patched(f:ast.stmt) -> dict[str, Any]|None:
    "The options of a function's `@patch`, with `to` for the classes; None when it has none."
    if not isinstance(f, Function): return None
    for d in f.decorator_list:
        if decorator_name(d) not in ('patch', 'patch_to'): continue
        options = {k.arg: ast.literal_eval(k.value) for k in d.keywords} if isinstance(d, ast.Call) else {}
        first = (f.args.posonlyargs + f.args.args)[0]
        to = d.args[0] if decorator_name(d) == 'patch_to' else first.annotation
        return {'to': [*classes_in(to)]} | options
    return None

def union_parts(e:ast.expr) -> Iterator[ast.expr]:
    "The alternatives of a union, or of the text of one."
    match e:
        case ast.Constant(value=str()): yield from union_parts(named(e.value))
        case ast.BinOp():
            yield from union_parts(e.left)
            yield from union_parts(e.right)
        case _: yield e

def classes_in(to:ast.expr) -> Iterator[ast.expr]:
    "The classes in `A`, `A|B`, `(A, B)` or `type[A]`."
    for part in to.elts if isinstance(to, ast.Tuple) else union_parts(to): yield part.slice if isinstance(part, ast.Subscript) else part

def named(text:str) -> ast.expr: return ast.parse(text, mode='eval').body

# What a class has

class Member(NamedTuple):
    "A method, property or class of a class, as the source has it."
    node:Function|ast.ClassDef
    module:Module
    kind:str            # '', 'property', 'setter', 'classmethod', 'staticmethod'; '' for what decorators say

class Attribute(NamedTuple):
    "A place where an attribute gets a value."
    name:str
    annotation:ast.expr|None
    value:ast.expr|None
    function:Function|None   # That sets it; None: the body of the class
    module:Module

@dataclass(eq=False)
class Class:
    "A class of the package, with everything that is patched into it."
    node:ast.ClassDef
    module:Module
    members:dict[str, list[Member]] = field(default_factory=dict)   # name -> its definitions: several for a property with a setter

    def add(self, name:str, member:Member) -> None:
        kind = member.kind or next((s for s in map(decorator_name, member.node.decorator_list) if s.endswith('.setter') or s == 'overload'), '')
        adds_to = kind in ('setter', 'overload') or kind.endswith('.setter')
        self.members[name] = [*(self.members.get(name, []) if adds_to else []), member]

    def body(self, kind:type) -> Iterator: return (n for n in self.node.body if isinstance(n, kind))

    @cached_property
    def attributes(self) -> dict[str, list[Attribute]]:
        "Name -> where it gets a value: in the class's body, then in its methods, `__init__` first."
        found = [Attribute(*a, None, self.module) for node in self.body(ast.Assign|ast.AnnAssign) for a in assigned(node)]
        methods = [m for members in self.members.values() for m in members if isinstance(m.node, Function)]
        for m in sorted(methods, key=lambda m: m.node.name != '__init__'): found += set_on_self(m)
        by_name: dict[str, list[Attribute]] = {}
        for a in found: by_name.setdefault(a.name, []).append(a)
        return by_name

    @property
    def has_fields(self) -> bool:
        "Whether the names that are annotated in its body are the parameters of its constructor."
        return any(decorator_name(d) == 'dataclass' for d in self.node.decorator_list) or self.is_a('NamedTuple', 'BaseModel')

    def is_a(self, *names:str) -> bool: return any(ast.unparse(b).partition('[')[0].rpartition('.')[2] in names for b in self.node.bases)

def is_none(e:ast.expr|None) -> bool: return isinstance(e, ast.Constant) and e.value is None

def is_no_parameter(value:ast.expr|None) -> bool:
    "Whether a field is none of its constructor's parameters."
    return isinstance(value, ast.Call) and any(k.arg == 'init' and ast.unparse(k.value) == 'False' for k in value.keywords)

def set_on_self(m:Member) -> Iterator[Attribute]:
    "Where a method sets an attribute of its first parameter."
    f = m.node
    params = f.args.posonlyargs + f.args.args
    if not params or is_static(f): return
    this = params[0].arg
    def ours(e) -> bool: return isinstance(e, ast.Attribute) and isinstance(e.value, ast.Name) and e.value.id == this
    for node in own_nodes(f):
        match node:
            case ast.AnnAssign() if ours(node.target): yield Attribute(node.target.attr, node.annotation, node.value, f, m.module)
            case ast.Assign():
                for target in node.targets:
                    whole = target if isinstance(target, ast.Tuple) else ast.Tuple([target])
                    value = node.value if isinstance(target, ast.Tuple) else ast.Tuple([node.value])
                    matches = isinstance(value, ast.Tuple) and len(value.elts) == len(whole.elts)
                    for n, part in enumerate(whole.elts):
                        if ours(part): yield Attribute(part.attr, None, value.elts[n] if matches else ast.Constant(...), f, m.module)
            case ast.Call(func=ast.Name(id='store_attr')):
                names = node.args[0].value.split(',') if node.args else [a.arg for a in params[1:] + f.args.kwonlyargs]
                for name in names: yield Attribute(name.strip(), None, ast.Name(name.strip()), f, m.module)

def is_static(f:Function) -> bool: return any(decorator_name(d) in ('staticmethod', 'classmethod') for d in f.decorator_list)

@cache
def own_nodes(f:Function) -> list[ast.AST]:
    "The nodes of a function's body, without those of functions and classes inside."
    found, todo = [], f.body[::-1]
    while todo:
        found.append(node := todo.pop())
        if not isinstance(node, Function|ast.ClassDef|ast.Lambda): todo += [*ast.iter_child_nodes(node)][::-1]
    return found

# The package

class Type(NamedTuple):
    "A type as it is written, and the module in which its names have their meaning."
    expr:ast.expr
    module:Module

Types = list[Type]|None   # The alternatives; None: not known

class Package:
    "All modules, with what is patched in at its place."
    def __init__(self):
        self.modules = {m.name: m for m in map(Module, sorted(PACKAGE.rglob('*.py')))}
        self.home = top_level().__dict__['_home']
        self.classes: dict[Origin, Class] = {}
        self.known: dict[tuple[int, str], Types] = {}   # types of attributes
        for m in self.modules.values():
            for name, nodes in m.defs.items():
                if isinstance(nodes[-1], ast.ClassDef): self.classes[Origin(m.name, name)] = self._class(nodes[-1], m)
        for m in self.modules.values():
            for f in m.functions: self._patch(f, m)

    def _class(self, node:ast.ClassDef, m:Module) -> Class:
        made = Class(node, m)
        for inner in made.body(Function|ast.ClassDef): made.add(inner.name, Member(inner, m, ''))
        for name, _, value in (a for inner in made.body(ast.Assign) for a in assigned(inner)):
            match value:
                case ast.Call(func=ast.Name(id='staticmethod'), args=[ast.Name(id=f)]) if isinstance(self.node(origin := self.origin(m, f)), Function):
                    made.add(name, Member(self.node(origin), self.modules[origin.module], 'staticmethod'))
        return made

    def _patch(self, f:Function, m:Module) -> None:
        options = patched(f)
        kinds = dict(as_prop='property', set_prop='setter', cls_method='classmethod', static_method='staticmethod')
        kind = next((kind for option, kind in kinds.items() if options.get(option)), '')
        for to in options['to']:
            found = self.class_of(Type(to, m))
            if found is None: raise SystemExit(f'{m.path}:{f.lineno}: `{ast.unparse(to)}` is no class of the package')
            found.add(options.get('nm') or f.name, Member(f, m, kind))

    @cached_property
    def exported(self) -> list[Module]:
        "The modules that notebooks make."
        return [m for m in self.modules.values() if any('AUTOGENERATED' in line for line in m.lines[:20]) and m.path.name != '_modidx.py']

    def origin(self, module:Module, name:str) -> Origin|None:
        "Where a name of a module comes from in the end."
        if name in module.defs: return Origin(module.name, name)
        if (found := module.imports.get(name)) is None: return Origin('builtins', name) if hasattr(builtins, name) else None
        if not found.of_ours() or found.name is None or f'{found.module}.{found.name}' in self.modules: return found
        if found.module == PACKAGE.name and found.name in self.home: return Origin(f'{PACKAGE.name}.{self.home[found.name]}', found.name)
        source = self.modules.get(found.module) or self.modules[f'{found.module}.__init__']
        return self.origin(source, found.name)

    def node(self, origin:Origin|None) -> ast.stmt|None:
        "What defines a name of ours."
        m = self.modules.get(origin.module) if origin else None
        return m.defs[origin.name][-1] if m and origin.name in m.defs else None

    def class_of(self, type:Type) -> Class|None:
        "The class of ours that an expression names."
        expr = type.expr.value if isinstance(type.expr, ast.Subscript) else type.expr
        if isinstance(expr, ast.Constant) and isinstance(expr.value, str): return self.class_of(Type(named(expr.value), type.module))
        return self.classes.get(self.origin(type.module, expr.id)) if isinstance(expr, ast.Name) else None

    def bases(self, c:Class) -> list[Class]: return [b for e in c.node.bases if (b := self.class_of(Type(e, c.module)))]

    def mro(self, c:Class) -> list[Class]:
        "A class and its bases of ours, in the order in which a name is looked up."
        found = [c] + [k for b in self.bases(c) for k in self.mro(b)]
        return [k for n, k in enumerate(found) if k not in found[n+1:]]

    def members(self, c:Class, name:str) -> list[Member]: return next((k.members[name] for k in self.mro(c) if name in k.members), [])

    @cached_property
    def heirs(self) -> list[tuple[Class, list[Class]]]: return [(c, self.mro(c)[1:]) for c in self.classes.values()]

    @cached_property
    def stubs(self) -> dict[str, 'Stub']: return {m.name: Stub(self, m) for m in self.exported}

    def texts(self) -> dict[Path, str]:  # path -> text
        "All stubs."
        for s in self.stubs.values():
            for name in s.module.public: s.define(name)
        return {s.module.path.with_suffix('.pyi'): s.text() for s in self.stubs.values()} | {PACKAGE/'__init__.pyi': self.top()}

    def top(self) -> str:
        "The stub of the package: every public name from where it is defined."
        m = self.modules[f'{PACKAGE.name}.__init__']
        imports = [f'from .{module} import {name} as {name}' for name, module in self.home.items()]
        return assemble(docstring(m.tree, m), sorted(imports), [*self.home], ['__version__: str'])

    # Types that are not written

    def returns(self, f:Function, module:Module) -> Types:
        "What a function returns, without what `async` makes of it."
        if f.returns is not None: return [Type(f.returns, module)]
        if f.name in DATA_MODEL: return [Type(named(DATA_MODEL[f.name]), module)]
        nodes = [*own_nodes(f)]
        if any(isinstance(n, ast.Yield|ast.YieldFrom) for n in nodes): return None
        values = [n.value for n in nodes if isinstance(n, ast.Return) and n.value is not None]
        params = f.args.posonlyargs + f.args.args
        if values and params and all(isinstance(v, ast.Name) and v.id == params[0].arg for v in values): return [Type(named('Self'), SELF)]
        if values or ast.unparse(f.body[-1]).startswith('raise NotImplementedError'): return None
        return [Type(ast.Constant(None), module)]

    def infer(self, e:ast.expr|None, module:Module, f:Function|None=None, owner:Class|None=None) -> Types:
        "The type of an expression, where the source leaves no doubt."
        def of(e): return self.infer(e, module, f, owner)
        def plain(name): return [Type(named(name), BUILTINS)]
        match e:
            case ast.Constant(value=bool()|int()|float()|str()|bytes()): return plain(type(e.value).__name__)
            case ast.Constant(value=None): return [Type(e, module)]
            case ast.JoinedStr(): return plain('str')
            case ast.Compare() | ast.UnaryOp(op=ast.Not()): return plain('bool')
            case ast.UnaryOp(): return of(e.operand)
            case ast.BinOp(op=ast.Div()) if is_path(left := of(e.left)): return left
            case ast.BinOp(): return left if same(left := of(e.left), of(e.right)) else None
            case ast.List() | ast.Set() if e.elts: return container(type(e).__name__.lower(), either(*map(of, e.elts)))
            case ast.Tuple() if e.elts: return container('tuple', either(*map(of, e.elts)), ', ...')
            case ast.IfExp(): return either(of(e.body), of(e.orelse))
            case ast.BoolOp(op=ast.Or(), values=[first, *others]):
                return either(without_none(of(first)), *(of(o) for o in others if not is_empty(o)))
            case ast.Name(): return self._named(e.id, module, f, owner)
            case ast.Call(): return self._called(e, module, f, owner)
            case ast.Attribute(): return self._attribute(of(e.value) if not is_self(e.value, f) else owner, e.attr)

    def _named(self, name:str, module:Module, f:Function|None, owner:Class|None) -> Types:
        if f is not None:
            a = f.args
            found = next((p for p in a.posonlyargs + a.args + a.kwonlyargs if p.arg == name), None)
            if found is not None: return None if found.annotation is None or stores(f, name) else [Type(found.annotation, module)]
            if stores(f, name): return None
        origin = self.origin(module, name)
        node = self.node(origin)
        if isinstance(node, ast.ClassDef): return [Type(ast.Subscript(named('type'), named(name)), module)]
        if not isinstance(node, ast.Assign|ast.AnnAssign): return None
        there = self.modules[origin.module]
        annotation, value = next((a, v) for n, a, v in assigned(node) if n == origin.name)
        return [Type(annotation, there)] if annotation is not None else self.infer(value, there)

    def _called(self, e:ast.Call, module:Module, f:Function|None, owner:Class|None) -> Types:
        if isinstance(e.func, ast.Attribute) and is_self(e.func.value, f) and owner is not None:
            found = self.members(owner, e.func.attr)
            return self._result(found[-1].node, found[-1].module) if found and isinstance(found[-1].node, Function) else None
        if isinstance(e.func, ast.Attribute) and e.func.attr in SAME_TYPE:
            made_from = self.infer(e.func.value, module, f, owner)
            if made_from and [*map(written, made_from)] == [SAME_TYPE[e.func.attr]]: return made_from
        root = e.func
        while isinstance(root, ast.Attribute): root = root.value
        if not isinstance(root, ast.Name): return None
        origin = self.origin(module, root.id)
        if origin is None or f is not None and stores(f, root.id): return None
        if (node := self.node(origin)) is not None:
            if isinstance(node, ast.ClassDef) and root is e.func: return [Type(e.func, module)]
            return self._result(node, self.modules[origin.module]) if isinstance(node, Function) else None
        last = e.func.attr if isinstance(e.func, ast.Attribute) else origin.name or ''
        if origin.module == 'builtins': return self._built(root.id, [self.infer(a, module, f, owner) for a in e.args]) if root is e.func else None
        is_class = last[:1].isupper() and not last.isupper() and not origin.of_ours()
        return [Type(e.func, module)] if is_class and (root is e.func or origin.name is None) else None

    def _built(self, name:str, args:list[Types]) -> Types:
        "What a call of a builtin gives."
        if name in CONSTRUCTORS: return [Type(named(CONSTRUCTORS[name]), BUILTINS)]
        if name not in ('dict', 'list', 'set') or len(args) != 1 or not args[0]: return None
        return args[0] if all(written(t).startswith(f'{name}[') for t in args[0]) else None

    def _result(self, f:Function, module:Module) -> Types:
        is_plain = isinstance(f, ast.FunctionDef) and not set(map(decorator_name, f.decorator_list)) - {'patch', 'cache'}
        return self.returns(f, module) if is_plain else None

    def _attribute(self, of:'Types|Class', name:str) -> Types:
        c = of if isinstance(of, Class) or of is None else self.class_of(of[0]) if len(of) == 1 else None
        for k in self.mro(c) if c else ():
            if name in k.members:
                m = k.members[name][0]
                return self.returns(m.node, m.module) if m.kind == 'property' or decorated(m.node, 'property') else None
            if name in k.attributes: return self.attribute(k, name)
        return None

    def attribute(self, c:Class, name:str) -> Types:
        "The type of an attribute: the one that is written, or what all that it is set to comes to."
        key = id(c), name
        if key not in self.known:
            self.known[key] = None   # for an attribute that is set to what is made of itself
            self.known[key] = self._attribute_type(c, name)
        return self.known[key]

    def _attribute_type(self, c:Class, name:str) -> Types:
        places = c.attributes[name]
        if (declared := next((a for a in places if a.annotation is not None), None)) is not None: return [Type(declared.annotation, declared.module)]
        found = [self.infer(a.value, a.module, a.function, c) for a in places]
        if found[0] and not is_none(found[0][0].expr): found = [*filter(None, found)]   # what it is set to first says what it is
        types = either(*found)
        return types if types and not all(is_none(t.expr) for t in types) else None

DATA_MODEL = dict(__init__='None', __repr__='str', __str__='str', __len__='int', __bool__='bool', __hash__='int', __contains__='bool',
                  __eq__='bool', __ne__='bool', __lt__='bool', __le__='bool', __gt__='bool', __ge__='bool', __bytes__='bytes', __fspath__='str')
CONSTRUCTORS = dict(str='str', int='int', float='float', bool='bool', bytes='bytes', len='int', repr='str', bytearray='bytearray', object='object')

SAME_TYPE = {**dict.fromkeys('resolve absolute expanduser with_name with_suffix joinpath'.split(), 'Path'),   # methods that return their own type
             **dict.fromkeys('strip lstrip rstrip lower upper removeprefix removesuffix replace'.split(), 'str')}

class _Home(Module):
    "A module that has names and no source."
    def __init__(self, **imports:str):
        self.name, self.defs, self.imports = '', {}, {name: Origin(module, name) for name, module in imports.items()}

BUILTINS, SELF = _Home(), _Home(Self='typing')

def is_self(e:ast.expr, f:Function|None) -> bool:
    params = f.args.posonlyargs + f.args.args if f is not None else []
    return bool(params) and isinstance(e, ast.Name) and e.id == params[0].arg

@cache
def stores(f:Function, name:str) -> bool:
    "Whether a function gives a name another value."
    return any(isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Store) for n in own_nodes(f))

def decorated(f:ast.stmt, name:str) -> bool: return name in map(decorator_name, f.decorator_list)
def written(t:Type) -> str: return ast.unparse(t.expr)
def same(a:Types, b:Types) -> bool: return bool(a and b) and [*map(written, a)] == [*map(written, b)]

def either(*types:Types) -> Types:
    if any(t is None for t in types): return None
    return [*{written(t): t for ts in types for t in ts}.values()]

def is_empty(e:ast.expr) -> bool: return isinstance(e, ast.Dict) and not e.keys or isinstance(e, ast.List|ast.Tuple) and not e.elts
def is_path(types:Types) -> bool: return types is not None and [*map(written, types)] == ['Path']

def container(name:str, inside:Types, rest:str='') -> Types:
    if inside is None or len({t.module.name for t in inside}) > 1: return None
    return [Type(named(f'{name}[{" | ".join(map(written, inside))}{rest}]'), inside[0].module)]

def without_none(types:Types) -> Types:
    "The alternatives but None."
    if types is None: return None
    parts = [Type(p, t.module) for t in types for p in union_parts(t.expr)]
    return [p for p in parts if not is_none(p.expr)]

def top_level():
    "The package's own `__init__`, which loads nothing else."
    spec = importlib.util.spec_from_file_location(PACKAGE.name, PACKAGE/'__init__.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module

# Writing

KEPT_DECORATORS = {'property', 'classmethod', 'staticmethod', 'contextmanager', 'asynccontextmanager', 'overload', 'abstractmethod', 'final',
                   'override', 'cached_property', 'dataclass', 'runtime_checkable', 'total_ordering'}   # others leave a signature as it is
LEFT_OUT = {'__del__', '__slots__', '__reduce__', '__getstate__', '__setstate__', '__getattribute__', '__setattr__', '__delattr__'}   # nobody calls these
PARAMETERS = {   # what a class of the standard library stands for when it is written without its parameters
    **dict.fromkeys('list set frozenset type deque Counter Iterable Iterator Collection Sequence MutableSequence Set MutableSet Awaitable AsyncIterable '
                    'AsyncIterator Container Reversible KeysView ValuesView PathLike Popen CompletedProcess Task Future Queue SimpleQueue Pattern Match '
                    'WeakSet ref ContextVar Token AbstractContextManager AbstractAsyncContextManager partial'.split(), 'Any'),
    **dict.fromkeys('dict defaultdict OrderedDict Mapping MutableMapping ItemsView WeakKeyDictionary WeakValueDictionary'.split(), 'Any, Any'),
    **dict.fromkeys(['Generator', 'Coroutine'], 'Any, Any, Any'), 'AsyncGenerator': 'Any, Any', 'tuple': 'Any, ...', **dict.fromkeys(['Callable', 'staticmethod', 'classmethod'], '..., Any')}
STANDARD = {'builtins', 'collections', 'collections.abc', 'typing', 'os', 'subprocess', 'asyncio', 'concurrent.futures', 'queue', 're', 'weakref',
            'contextvars', 'contextlib', 'functools'}

class Param(NamedTuple):
    name:str
    kind:str           # 'self', '/', '', '*', 'kw', '**'
    type:Types
    default:str|None   # As the stub shows it; None: there is none

class Stub:
    "The stub of a module while it is written: which definitions, and the names that they need."
    def __init__(self, package:Package, module:Module):
        self.package, self.module = package, module
        self.names: dict[str, Origin] = {}       # imported names
        self.blocks: dict[str, str] = {}         # name -> its definition
        self.gaps: list[str] = []                # public names without a type
        self.scope: set[str] = set()             # names that the class at hand defines: they hide those of the module

    # Names

    def bind(self, origin:Origin, name:str) -> str:
        "How a name is written here; it is imported, or defined as well."
        if origin.module == 'builtins':
            if name not in self.scope and name not in self.module.defs: return name
            self.names['builtins'] = Origin('builtins', None)
            return f'builtins.{name}'
        if origin.module == self.module.name and origin.name == name:
            self.define(name)
            return self.alias(name) if name in self.scope else name
        if origin.of_ours() and origin.module in self.package.stubs and origin.name: self.package.stubs[origin.module].define(origin.name)
        while name in self.scope or name in self.module.defs or self.names.get(name, origin) != origin: name = f'_{name}'
        self.names[name] = origin
        return name

    def alias(self, name:str) -> str:
        "Another name for a definition, where a member of the class at hand hides it."
        self.blocks[f'_{name}'] = f'_{name}: {self.std("TypeAlias")} = {name}'
        return f'_{name}'

    def std(self, name:str, module:str='typing') -> str: return self.bind(Origin(module, name), name)

    def type(self, types:Types) -> str:
        "The text of a type."
        spelled = [Spelling(self, t.module).visit(named(ast.unparse(t.expr))) for t in types]
        parts = dict.fromkeys(ast.unparse(p) for e in spelled for p in union_parts(e))
        return ' | '.join(sorted(parts, key=lambda p: p == 'None'))

    def gap(self, what:str) -> None: self.gaps.append(f'{self.module.name}.{what}')

    # Definitions

    def define(self, name:str) -> None:
        "Write a definition, unless it is written."
        if name in self.blocks: return
        self.blocks[name] = ''   # on its way: signatures may need each other
        outer, self.scope = self.scope, set()
        nodes = self.module.defs[name]
        match nodes[-1]:
            case ast.ClassDef(): text = self.klass(name, self.package.classes[Origin(self.module.name, name)], name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                overloads = [n for n in nodes if decorated(n, 'overload')]
                text = '\n'.join(self.function(Member(n, self.module, ''), name, name) for n in overloads or nodes[-1:])
            case node: text = self.constant(name, node)
        self.blocks[name], self.scope = text, outer

    def constant(self, name:str, node:ast.Assign|ast.AnnAssign) -> str:
        annotation, value = next((a, v) for n, a, v in assigned(node) if n == name)
        if annotation is not None: return f'{name}: {self.type([Type(annotation, self.module)])}'
        if isinstance(value, ast.Call) and decorator_name(value) in ('TypeVar', 'ParamSpec', 'NewType'): return f'{name} = {self.type([Type(value, self.module)])}'
        if self.is_type(value): return f'{name}: {self.std("TypeAlias")} = {self.type([Type(value, self.module)])}'
        return self.variable(name, self.package.infer(value, self.module), name)

    def variable(self, name:str, types:Types, where:str) -> str:
        if types is None: self.gap(where)
        return f'{name}: {self.type(types) if types else self.std("Any")}'

    def is_type(self, e:ast.expr|None) -> bool:
        "Whether an expression is a type: such an assignment names it."
        match e:
            case ast.BinOp(op=ast.BitOr()): return all(is_none(p) or self.is_type(p) for p in union_parts(e))
            case ast.Subscript(): return self.is_type(e.value)
            case ast.Name():
                origin = self.package.origin(self.module, e.id)
                if origin is None: return False
                if origin.module == 'builtins': return isinstance(getattr(builtins, e.id), type)
                return isinstance(self.package.node(origin), ast.ClassDef) or origin.module in ('typing', 'collections.abc')
        return False

    def klass(self, name:str, c:Class, where:str) -> str:
        node, outer = c.node, self.scope
        keeps_private = c.is_a('Protocol', 'NamedTuple', 'TypedDict')
        def shown(n): return not n.startswith('_') or keeps_private and not n.startswith('__') or is_dunder(n) and n not in LEFT_OUT
        members = {n: ms for n, ms in c.members.items() if shown(n)} | self.hooked(c)
        decorators = [self.decorator(d, c.module) for d in node.decorator_list if decorator_name(d).rpartition('.')[2] in KEPT_DECORATORS]
        bases = [self.type([Type(b, c.module)]) for b in node.bases] + [f'{k.arg}={self.type([Type(k.value, c.module)])}' for k in node.keywords]
        self.scope = {*members} | {a for a in c.attributes if shown(a)}
        lines = [docstring(node, c.module)]
        lines += [self.attribute(c, a, where) for a, *_ in c.attributes.values() if a.name not in c.members and self.is_shown(c, a, shown)]
        for n, ms in members.items(): lines += [self.member(m, n, f'{where}.{n}', c) for m in ms]
        self.scope = outer
        head = '\n'.join([*decorators, f'class {name}{"(" + ", ".join(bases) + ")" if bases else ""}:'])
        body = '\n'.join(filter(None, lines))
        return f'{head}\n{textwrap.indent(body, "    ")}' if body else f'{head} ...'

    def is_shown(self, c:Class, a:Attribute, shown) -> bool:
        if c.has_fields and a.function is None and a.annotation is not None and not is_no_parameter(a.value): return True
        if not shown(a.name): return False
        inherited = any(a.name in b.attributes or a.name in b.members for b in self.package.mro(c)[1:])
        return a.annotation is not None or not inherited or a.function is None and self.package.attribute(c, a.name) is not None

    def attribute(self, c:Class, a:Attribute, where:str) -> str:
        if c.is_a('Enum', 'StrEnum', 'IntEnum', 'Flag', 'IntFlag'): return f'{a.name} = {literal(a.value)}'
        line = self.variable(a.name, self.package.attribute(c, a.name), f'{where}.{a.name}')
        if not c.has_fields: return line
        if a.function is not None: return f'{line} = {self.std("field", "dataclasses")}(init=False)'
        if a.annotation is None: return line.replace(': ', f': {self.std("ClassVar")}[', 1) + ']'
        return line + self.field_default(a.value)

    def field_default(self, value:ast.expr|None) -> str:
        if value is None: return ''
        if not isinstance(value, ast.Call) or decorator_name(value) != 'field': return f' = {literal(value)}'
        options = {k.arg: ast.unparse(k.value) for k in value.keywords if k.arg in ('init', 'kw_only')}
        has_default = any(k.arg in ('default', 'default_factory') for k in value.keywords)
        if not options: return ' = ...' if has_default else ''
        if has_default: options['default'] = '...'
        return f' = {self.std("field", "dataclasses")}({", ".join(f"{k}={v}" for k, v in options.items())})'

    def member(self, m:Member, name:str, where:str, c:Class) -> str:
        if isinstance(m.node, ast.ClassDef): return self.klass(name, Class(m.node, m.module), where)
        return self.function(m, name, where, c)

    # A base's methods that return what a method of an heir makes, plain or to be awaited

    def hook(self, c:Class, m:Member) -> str:
        "The method that makes all that a method returns and that its class leaves to its heirs; '' for none."
        if not isinstance(m.node, Function) or m.kind: return ''
        values = [n.value for n in own_nodes(m.node) if isinstance(n, ast.Return)]
        match values:
            case [ast.Call(func=ast.Attribute() as called)] if is_self(called.value, m.node) and not self.package.members(c, called.attr): return called.attr
        return ''

    def awaits(self, c:Class, hook:str) -> bool:
        found = self.package.members(c, hook)
        return bool(found) and isinstance(found[-1].node, ast.AsyncFunctionDef)

    def hooked(self, c:Class) -> dict[str, list[Member]]:
        "Inherited methods that are not the same for every heir."
        found = {}
        for b in self.package.mro(c)[1:]:
            for name, (*_, m) in b.members.items():
                hook = self.hook(b, m)
                if name in c.members or name in found or not hook or not self.package.members(c, hook) or not self.may_await(b, hook): continue
                found[name] = [m]
        return found

    def may_await(self, c:Class, hook:str) -> bool: return any(c in bases and self.awaits(heir, hook) for heir, bases in self.package.heirs)

    # Functions

    def function(self, m:Member, name:str, where:str, c:Class|None=None) -> str:
        f = m.node
        params = self.params(m, c)
        returned = self.returned(m, where, c)
        is_async = isinstance(f, ast.AsyncFunctionDef) and not is_generator(f)
        head = f'{"async " if is_async else ""}def {name}'
        listed = [self.param(p, where) for p in separated(params)]
        line = f'{head}({", ".join(listed)}){returned}:'
        if len(line) > WIDTH: line = f'{head}(\n' + ''.join(f'    {p},\n' for p in listed) + f'){returned}:'
        doc = docstring(f, m.module)
        body = f'\n{textwrap.indent(doc, "    ")}' if doc else ' ...'
        return '\n'.join([*self.decorators(m, name), line + body])

    def decorators(self, m:Member, name:str) -> list[str]:
        if m.kind == 'setter': return [f'@{name}.setter']
        kept = [d for d in m.node.decorator_list if decorator_name(d).rpartition('.')[2] in KEPT_DECORATORS | {'setter'}]
        return [f'@{m.kind}'] * bool(m.kind) + [self.decorator(d, m.module) for d in kept]

    def decorator(self, d:ast.expr, module:Module) -> str:
        if decorator_name(d).endswith('.setter'): return f'@{decorator_name(d)}'
        return f'@{ast.unparse(Spelling(self, module).bound(named(ast.unparse(d))))}'

    def params(self, m:Member, c:Class|None) -> list[Param]:
        "The parameters of a function, with those that `@delegates` brings in."
        a = m.node.args
        plain = [*[(p, '/') for p in a.posonlyargs], *[(p, '') for p in a.args]]
        defaults = [None] * (len(plain) - len(a.defaults)) + a.defaults
        keywords = [(p, 'kw', d) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
        star = [(a.vararg, '*', None)] if a.vararg else []
        kwargs = [(a.kwarg, '**', None)] if a.kwarg else []
        found = [Param(p.arg, kind, self.param_type(p, kind, m, c), self.default(d, m.module))
                 for p, kind, d in [*((p, kind, d) for (p, kind), d in zip(plain, defaults)), *star, *keywords, *kwargs]]
        if found and c is not None and not decorated(m.node, 'staticmethod') and m.kind != 'staticmethod': found[0] = found[0]._replace(kind='self')
        return self.delegated(m, found, c)

    def param_type(self, p:ast.arg, kind:str, m:Member, c:Class|None) -> Types:
        if p.annotation is not None: return [Type(p.annotation, m.module)]
        overridden = next((b for b in self.package.mro(c)[1:] if m.node.name in b.members), None) if c else None
        for q in self.params(overridden.members[m.node.name][0], overridden) if overridden is not None else ():
            if q.name == p.arg and q.type and not {kind, q.kind} & {'*', '**'}: return q.type
        if m.node.name in DATA_MODEL and m.node.name != '__init__' or m.node.name in ('__exit__', '__aexit__'): return [Type(named('object'), BUILTINS)]
        return [Type(named('Any'), ANY)] if kind in ('*', '**') else None

    def default(self, e:ast.expr|None, module:Module) -> str|None:
        "A default as the stub shows it: a constant of a module by its value."
        node = self.package.node(self.package.origin(module, e.id)) if isinstance(e, ast.Name) else None
        return literal(node.value if isinstance(node, ast.Assign|ast.AnnAssign) else e) if e is not None else None

    def delegated(self, m:Member, params:list[Param], c:Class|None) -> list[Param]:
        d = next((d for d in m.node.decorator_list if decorator_name(d) == 'delegates'), None)
        if d is None: return params
        options = {k.arg: ast.literal_eval(k.value) for k in d.keywords if k.arg != 'to'}
        but = options.get('but') or ''
        but = but.replace(' ', '').split(',') if isinstance(but, str) else but
        known = {p.name for p in params} | {*but}
        target, owner = self.delegate(next((k.value for k in d.keywords if k.arg == 'to'), d.args[0] if d.args else None), m, c)
        added = [p._replace(kind='kw') for p in self.params(target, owner) if p.default is not None and p.name not in known]
        kwargs = [p for p in params if p.kind == '**']
        return [p for p in params if p.kind != '**'] + added + (kwargs if options.get('keep') else [])

    def delegate(self, to:ast.expr|None, m:Member, c:Class|None) -> tuple[Member, Class|None]:
        "The function that a `@delegates` names."
        match to:
            case None: owner, name = self.package.bases(c)[0], m.node.name
            case ast.Attribute(): owner, name = self.package.class_of(Type(to.value, m.module)), to.attr
            case _: owner, name = self.package.class_of(Type(to, m.module)), '__init__'
        if owner is not None: return self.package.members(owner, name)[-1], owner
        origin = self.package.origin(m.module, to.id)
        return Member(self.package.node(origin), self.package.modules[origin.module], ''), None

    def param(self, p:Param|str, where:str) -> str:
        if isinstance(p, str): return p
        stars = p.kind if p.kind in ('*', '**') else ''
        if p.kind == 'self': return p.name
        if p.type is None: self.gap(f'{where}({p.name})')
        type = f': {self.type(p.type)}' if p.type else ''
        return f'{stars}{p.name}{type}' + (f' = {p.default}' if p.default is not None else '')

    def returned(self, m:Member, where:str, c:Class|None) -> str:
        types = self.package.returns(m.node, m.module)
        if m.kind == 'setter' or any(d.endswith('.setter') for d in map(decorator_name, m.node.decorator_list)): types = [Type(ast.Constant(None), m.module)]
        if types is None: self.gap(f'{where} -> ?')
        text = self.type(types) if types else self.std('Any')
        if c is not None and (hook := next((h for b in self.package.mro(c) if (h := m in b.members.get(m.node.name, []) and self.hook(b, m))), '')):
            text = self.hooked_type(c, hook, text)
        return f' -> {text}'

    def hooked_type(self, c:Class, hook:str, text:str) -> str:
        is_either = not self.package.members(c, hook) and self.may_await(c, hook)
        if not is_either and not self.awaits(c, hook): return text
        to_await = f'{self.std("Coroutine", "collections.abc")}[{self.std("Any")}, {self.std("Any")}, {text}]'
        return f'{text} | {to_await}' if is_either else to_await

    # The file

    def text(self) -> str:
        order = {name: n for n, name in enumerate(self.module.defs)}
        blocks = [self.blocks[name] for name in sorted(self.blocks, key=lambda name: order.get(name, len(order)))]
        return assemble(docstring(self.module.tree, self.module), self.imports(), self.module.public, blocks)

    def imports(self) -> list[str]:
        plain = [f'import {o.module}' + (f' as {name}' if o.module.partition('.')[0] != name else '') for name, o in self.names.items() if o.name is None and not o.of_ours()]
        by_module: dict[str, list[str]] = {}
        for name, o in self.names.items():
            if o.name is None and not o.of_ours(): continue
            module, imported = (o.module, o.name) if o.name else o.module.rsplit('.', 1)
            by_module.setdefault(relative(module, self.module.name), []).append(imported if imported == name else f'{imported} as {name}')
        return sorted(plain) + [f'from {module} import {", ".join(sorted(names))}' for module, names in sorted(by_module.items(), key=lambda i: (i[0][0] == '.', i[0]))]

class Spelling(ast.NodeTransformer):
    "Writes an expression of one module's source as another's stub has it: names bound, texts read, parameters of classes filled in."
    def __init__(self, stub:Stub, module:Module): self.stub, self.module = stub, module

    def visit_Constant(self, node): return self.visit(named(node.value)) if isinstance(node.value, str) else node
    def visit_Name(self, node): return self._filled(self.bound(node), self._origin(node.id))

    def visit_Attribute(self, node):
        found = self._dotted(node)
        origin = Origin(found.module, node.attr) if found is not None and found.name is None else None
        return self._filled(self.bound(node), origin)

    def visit_Subscript(self, node):
        origin = self._origin(node.value.id) if isinstance(node.value, ast.Name) else None
        if origin == Origin('typing', 'Annotated'): return ast.Subscript(self.bound(node.value), ast.Tuple([self.visit(node.slice.elts[0]), ast.Constant(...)]))
        if origin == Origin('typing', 'Literal'): return ast.Subscript(self.bound(node.value), node.slice)
        return ast.Subscript(self.bound(node.value), self.visit(node.slice))

    def visit_Call(self, node):
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        return ast.Call(self.bound(node.func), node.args, keywords)

    def _origin(self, name:str) -> Origin|None: return self.stub.package.origin(self.module, name)
    def _dotted(self, node:ast.Attribute) -> Origin|None: return self._origin(node.value.id) if isinstance(node.value, ast.Name) else None

    def bound(self, node:ast.expr) -> ast.expr:
        if isinstance(node, ast.Attribute): return ast.Attribute(self.bound(node.value), node.attr)
        if not isinstance(node, ast.Name): return self.visit(node)
        origin = self._origin(node.id)
        if origin is None: raise SystemExit(f'{self.module.path}: nothing says where `{node.id}` comes from')
        return named(self.stub.bind(origin, node.id))

    def _filled(self, node:ast.expr, origin:Origin|None) -> ast.expr:
        if origin is None or origin.module not in STANDARD or (inside := PARAMETERS.get(origin.name)) is None: return node
        if 'Any' in inside: self.stub.std('Any')
        return named(f'{ast.unparse(node)}[{inside}]')

ANY = _Home(Any='typing')

def is_dunder(name:str) -> bool: return name.startswith('__') and name.endswith('__')
def is_generator(f:Function) -> bool: return any(isinstance(n, ast.Yield|ast.YieldFrom) for n in own_nodes(f))

def literal(e:ast.expr|None) -> str:
    "A value as a stub shows it: `...` unless it is short and written out."
    inner = e.operand if isinstance(e, ast.UnaryOp) else e
    is_plain = isinstance(inner, ast.Constant) or isinstance(inner, ast.Tuple|ast.List) and not inner.elts or isinstance(inner, ast.Dict) and not inner.keys
    text = ast.unparse(e) if is_plain else '...'
    return text if len(text) < 40 else '...'

def separated(params:list[Param]) -> list[Param|str]:
    "With the `/` and the `*` between kinds of parameters."
    found: list[Param|str] = []
    for n, p in enumerate(params):
        if n and params[n-1].kind == '/' and p.kind != '/': found.append('/')
        if p.kind == 'kw' and not any(q.kind in ('*', 'kw') for q in params[:n]): found.append('*')
        found.append(p)
    return [*found, '/'] if params and params[-1].kind == '/' else found

def docstring(node:ast.AST, module:Module) -> str:
    "A docstring as the source writes it, flush left."
    first = node.body[0] if node.body else None
    if not isinstance(first, ast.Expr) or not isinstance(first.value, ast.Constant) or not isinstance(first.value.value, str): return ''
    head, *rest = module.segment(first).split('\n')
    return '\n'.join([head, *textwrap.dedent('\n'.join(rest)).split('\n')]) if rest else head

def relative(module:str, to:str) -> str:
    "A module's name as an import in another writes it."
    if module.partition('.')[0] != PACKAGE.name: return module
    path, here = module.split('.'), to.split('.')
    while path and here[:-1] and path[0] == here[0]: path, here = path[1:], here[1:]
    return '.' * len(here) + '.'.join(path)

def assemble(doc:str, imports:list[str], public:list[str], blocks:list[str]) -> str:
    names = textwrap.fill(', '.join(map(repr, public)), 98, initial_indent='    ', subsequent_indent='    ')
    head = f'# Made by tools/stubs.py: do not edit.\n{doc}\n'
    return '\n'.join([head, *imports, '', f'__all__ = [\n{names}]' if public else '__all__: list[str] = []', '', *(b + '\n' for b in blocks)]).rstrip('\n') + '\n'

def untyped() -> list[str]:
    "What has no type among the names at the top of the package and all that their signatures lead to."
    package = Package()
    for name, module in package.home.items(): package.stubs[f'{PACKAGE.name}.{module}'].define(name)
    return [gap for stub in package.stubs.values() for gap in stub.gaps]

def write() -> None:
    "Write all stubs, and remove those of modules that are gone."
    texts = Package().texts()
    for path, text in texts.items():
        if not path.exists() or path.read_text() != text: path.write_text(text)
    for path in PACKAGE.rglob('*.pyi'):
        if path not in texts: path.unlink()

if __name__ == '__main__': print(*untyped(), sep='\n') if '--untyped' in sys.argv else write()
