"""Make the type stubs: a `.pyi` beside each exported module, and that of the package. `--untyped` lists the public names without a type.

An editor and a type checker read source and run nothing, so that they see neither what `@patch` adds to a class nor the names that come
through a `__getattr__`. A stub says what there is once the package is imported: each patched method inside its class, the parameters that
`@delegates` brings in, the attributes that methods set, each with its docstring. It holds the names in `__all__` and what their signatures
need. It is made from source alone (tools/source.py), and is the same each time. (fastcore's `py2pyi` imports the modules, and knows no
properties, class methods or attributes.)"""
import ast, builtins, importlib.util, sys, textwrap
from pathlib import Path
from typing import NamedTuple
from source import (Attribute, Class, Function, Member, Module, Origin, Package, RETURNS, Type, Types, decorator_name, decorator_names,
                    is_empty, is_generator, is_none, is_self, named_values, own_nodes, parsed, standard, union_parts)

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT/'cjm_jobtrack'
WIDTH = 100   # a longer signature is written one parameter a line

KEPT_DECORATORS = {   # others leave a signature as it is
    'property', 'cached_property', 'classmethod', 'staticmethod', 'setter', 'contextmanager', 'asynccontextmanager', 'overload',
    'abstractmethod', 'final', 'override', 'dataclass', 'runtime_checkable', 'total_ordering'}
LEFT_OUT = {   # nobody calls these, and some of them would make a checker take any name for an attribute
    '__del__', '__slots__', '__reduce__', '__getstate__', '__setstate__', '__getattribute__', '__setattr__', '__delattr__'}
BARE = {   # what a class of the standard library stands for when it is written without parameters
    **dict.fromkeys(['dict', 'defaultdict', 'OrderedDict', 'Mapping', 'MutableMapping', 'ItemsView', 'AsyncGenerator'], 'Any, Any'),
    **dict.fromkeys(['WeakKeyDictionary', 'WeakValueDictionary'], 'Any, Any'),
    **dict.fromkeys(['list', 'set', 'frozenset', 'type', 'deque', 'Counter', 'Set', 'MutableSet', 'Sequence', 'MutableSequence'], 'Any'),
    **dict.fromkeys(['Iterable', 'Iterator', 'Collection', 'Container', 'Reversible', 'KeysView', 'ValuesView'], 'Any'),
    **dict.fromkeys(['Awaitable', 'AsyncIterable', 'AsyncIterator', 'Task', 'Future', 'Queue', 'SimpleQueue'], 'Any'),
    **dict.fromkeys(['PathLike', 'Popen', 'CompletedProcess', 'Pattern', 'Match', 'WeakSet', 'ref', 'ContextVar', 'Token', 'partial'], 'Any'),
    **dict.fromkeys(['AbstractContextManager', 'AbstractAsyncContextManager'], 'Any'),
    **dict.fromkeys(['Generator', 'Coroutine'], 'Any, Any, Any'), **dict.fromkeys(['Callable', 'staticmethod', 'classmethod'], '..., Any'),
    'tuple': 'Any, ...'}
STANDARD = {'builtins', 'collections', 'collections.abc', 'typing', 'os', 'subprocess', 'asyncio', 'concurrent.futures', 'queue', 're',
            'weakref', 'contextvars', 'contextlib', 'functools'}
ENUMS = 'Enum', 'StrEnum', 'IntEnum', 'Flag', 'IntFlag'

def is_dunder(name:str) -> bool: return name.startswith('__') and name.endswith('__')

def literal(e:ast.expr|None) -> str:
    "A value as a stub shows it: `...` unless it is short and written out."
    inner = e.operand if isinstance(e, ast.UnaryOp) else e
    text = ast.unparse(e) if isinstance(inner, ast.Constant) or inner is not None and is_empty(inner) else '...'
    return text if len(text) < 40 else '...'

def docstring(node:ast.AST, m:Module) -> str:
    "A docstring as the source writes it, flush left; '' for none."
    match node.body:
        case [ast.Expr(value=ast.Constant(value=str()) as doc), *_]: head, *rest = m.text(doc).split('\n')
        case _: return ''
    return '\n'.join([head, *textwrap.dedent('\n'.join(rest)).split('\n')]) if rest else head

def indent(text:str) -> str: return textwrap.indent(text, '    ')

# Expressions

class Spelling(ast.NodeTransformer):
    "Writes an expression of one module as another's stub has it: names bound, texts read, parameters of classes filled in."
    def __init__(self, stub:'Stub', m:Module): self.stub, self.module = stub, m

    def visit_Constant(self, node): return self.visit(parsed(node.value)) if isinstance(node.value, str) else node
    def visit_Name(self, node): return self._filled(self.bound(node), self._origin(node))

    def visit_Attribute(self, node):
        root = self._origin(node.value)
        return self._filled(self.bound(node), Origin(root.module, node.attr) if root and root.name is None else None)

    def visit_Subscript(self, node):
        value = self.bound(node.value)
        match self._origin(node.value):
            case Origin('typing', 'Literal'): return ast.Subscript(value, node.slice)
            case Origin('typing', 'Annotated'): return ast.Subscript(value, ast.Tuple([self.visit(node.slice.elts[0]), ast.Constant(...)]))
        return ast.Subscript(value, self.visit(node.slice))

    def visit_Call(self, node):   # `TypeVar('T', bound=…)`, `dataclass(frozen=True)`
        return ast.Call(self.bound(node.func), node.args, [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords])

    def bound(self, node:ast.expr) -> ast.expr:
        "A name, or what is reached by one, as it is written in the stub."
        match node:
            case ast.Attribute(): return ast.Attribute(self.bound(node.value), node.attr)
            case ast.Name():
                if (origin := self._origin(node)) is None: raise SystemExit(f'{self.module.path}: where does `{node.id}` come from?')
                return parsed(self.stub.bind(origin, node.id))
        return self.visit(node)

    def _origin(self, node:ast.expr) -> Origin|None:
        return self.stub.package.origin(self.module, node.id) if isinstance(node, ast.Name) else None

    def _filled(self, node:ast.expr, origin:Origin|None) -> ast.expr:
        inside = BARE.get(origin.name) if origin and origin.module in STANDARD else None
        if inside is None: return node
        if 'Any' in inside: self.stub.std('Any')
        return parsed(f'{ast.unparse(node)}[{inside}]')

# Stubs

class Param(NamedTuple):
    name:str
    kind:str             # '/', '', '*', 'kw', '**'
    types:Types
    default:str|None     # As the stub shows it; None: there is none
    is_self:bool=False

class Stub:
    "The stub of a module while it is written: its definitions, and the names that they need."
    def __init__(self, stubs:'Stubs', m:Module):
        self.stubs, self.package, self.module = stubs, stubs.package, m
        self.names: dict[str, Origin] = {}   # what is imported
        self.blocks: dict[str, str] = {}     # name -> its definition
        self.gaps: list[str] = []            # what has no type
        self.scope: set[str] = set()         # names that the class at hand defines: they hide those of the module

    # Names

    def bind(self, origin:Origin, name:str) -> str:
        "How a name is written here. It is imported, and where it is ours it is defined in its stub."
        if origin.module == 'builtins':
            if name not in self.scope and name not in self.module.defs: return name
            self.names['builtins'] = Origin('builtins', None)
            return f'builtins.{name}'
        if origin == Origin(self.module.name, name):
            self.define(name)
            return self.alias(name) if name in self.scope else name
        if origin.name and origin.module in self.stubs: self.stubs[origin.module].define(origin.name)
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
        spelled = [Spelling(self, t.module).visit(parsed(str(t))) for t in types]   # parsed again: a copy
        parts = dict.fromkeys(ast.unparse(part) for e in spelled for part in union_parts(e))
        return ' | '.join(sorted(parts, key=lambda part: part == 'None'))

    def expr(self, e:ast.expr, m:Module) -> str: return self.type([Type(e, m)])
    def gap(self, what:str) -> None: self.gaps.append(f'{self.module.name}.{what}')

    # Definitions

    def define(self, name:str) -> None:
        "Write a definition, unless it is written."
        if name in self.blocks: return
        self.blocks[name] = ''   # on its way: signatures may need each other
        outer, self.scope = self.scope, set()
        nodes = self.module.defs[name]
        match nodes[-1]:
            case ast.ClassDef(): text = self.klass(self.package.classes[Origin(self.module.name, name)], name)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                overloads = [n for n in nodes if 'overload' in decorator_names(n)]
                text = '\n'.join(self.function(Member(n, self.module), name, name) for n in overloads or nodes[-1:])
            case node: text = self.assignment(name, node)
        self.blocks[name], self.scope = text, outer

    def assignment(self, name:str, node:ast.Assign|ast.AnnAssign) -> str:
        value = next(v for n, _, v in named_values(node) if n == name)
        if isinstance(value, ast.Call) and decorator_name(value) in ('TypeVar', 'ParamSpec', 'NewType'):
            return f'{name} = {self.expr(value, self.module)}'
        is_alias = self.is_type(value) if isinstance(node, ast.Assign) else ast.unparse(node.annotation) == 'TypeAlias'
        if is_alias: return f'{name}: {self.std("TypeAlias")} = {self.expr(value, self.module)}'
        return self.variable(name, self.package.variable(self.module, name), name)

    def variable(self, name:str, types:Types, where:str) -> str:
        if types is None: self.gap(where)
        return f'{name}: {self.type(types or standard("Any"))}'

    def is_type(self, e:ast.expr|None) -> bool:
        "Whether an expression is a type: such an assignment names it."
        match e:
            case ast.BinOp(op=ast.BitOr()): return all(is_none(part) or self.is_type(part) for part in union_parts(e))
            case ast.Subscript(): return self.is_type(e.value)
            case ast.Name():
                match origin := self.package.origin(self.module, e.id):
                    case None: return False
                    case Origin('builtins'): return isinstance(getattr(builtins, e.id), type)
                    case Origin('typing' | 'collections.abc'): return True
                return isinstance(self.package.node(origin), ast.ClassDef)
        return False

    # Classes

    def klass(self, c:Class, where:str) -> str:
        outer = self.scope
        bases = [self.expr(b, c.module) for b in c.node.bases] + [f'{k.arg}={self.expr(k.value, c.module)}' for k in c.node.keywords]
        decorators = self.decorators(c.node, c.module)
        members = {name: ms for name, ms in c.members.items() if self.is_shown(c, name)} | self.hooked(c)
        attributes = [places[0] for name, places in c.attributes.items() if name not in c.members and self.is_attribute_shown(c, places[0])]
        self.scope = {*members, *(a.name for a in attributes)}
        lines = [docstring(c.node, c.module), *(self.attribute(c, a, where) for a in attributes)]
        lines += [self.member(c, m, name, f'{where}.{name}') for name, ms in members.items() for m in ms]
        self.scope = outer
        head = '\n'.join([*decorators, f'class {c.node.name}{"(" + ", ".join(bases) + ")" if bases else ""}:'])
        body = '\n'.join(filter(None, lines))
        return f'{head}\n{indent(body)}' if body else f'{head} ...'

    def is_shown(self, c:Class, name:str) -> bool:
        if is_dunder(name): return name not in LEFT_OUT
        return not name.startswith('_') or c.is_a('Protocol', 'TypedDict')

    def is_attribute_shown(self, c:Class, a:Attribute) -> bool:
        if c.has_fields and a.function is None and a.annotation is not None and not is_no_parameter(a.value): return True
        if not self.is_shown(c, a.name): return False
        is_inherited = any(a.name in b.attributes or a.name in b.members for b in self.package.mro(c)[1:])
        return a.annotation is not None or not is_inherited or a.function is None and self.package.attribute(c, a.name) is not None

    def attribute(self, c:Class, a:Attribute, where:str) -> str:
        if c.is_a(*ENUMS): return f'{a.name} = {literal(a.value)}'
        types = self.package.attribute(c, a.name)
        if c.has_fields and a.function is None and a.annotation is None:   # with an annotation it would be a field
            return f'{a.name}: {self.std("ClassVar")}[{self.variable("", types, f"{where}.{a.name}")[2:]}]'
        line = self.variable(a.name, types, f'{where}.{a.name}')
        if not c.has_fields: return line
        return line + (self.field_default(a.value) if a.function is None else f' = {self.std("field", "dataclasses")}(init=False)')

    def field_default(self, value:ast.expr|None) -> str:
        if value is None: return ''
        if not isinstance(value, ast.Call) or decorator_name(value) != 'field': return f' = {literal(value)}'
        options = {k.arg: ast.unparse(k.value) for k in value.keywords if k.arg in ('init', 'kw_only')}
        has_default = any(k.arg in ('default', 'default_factory') for k in value.keywords)
        if not options: return ' = ...' if has_default else ''
        if has_default: options['default'] = '...'
        return f' = {self.std("field", "dataclasses")}({", ".join(f"{k}={v}" for k, v in options.items())})'

    def member(self, c:Class, m:Member, name:str, where:str) -> str:
        if isinstance(m.node, ast.ClassDef): return self.klass(self.package.make_class(m.node, m.module), where)
        return self.function(m, name, where, c)

    # Methods that return what a method of an heir makes: for one heir plain, for another to be awaited

    def hook(self, c:Class, m:Member) -> str:
        "The method that makes all that a method returns and that its class leaves to its heirs; '' for none."
        if not isinstance(m.node, Function) or m.kind: return ''
        match [n.value for n in own_nodes(m.node) if isinstance(n, ast.Return)]:
            case [ast.Call(func=ast.Attribute(value=this, attr=name))] if is_self(this, m.node) and not self.package.member(c, name): return name
        return ''

    def awaits(self, c:Class, hook:str) -> bool:
        m = self.package.member(c, hook)
        return m is not None and isinstance(m.node, ast.AsyncFunctionDef)

    def may_await(self, c:Class, hook:str) -> bool: return any(c in bases and self.awaits(heir, hook) for heir, bases in self.package.heirs)

    def hooked(self, c:Class) -> dict[str, list[Member]]:
        "Inherited methods that are not the same for every heir."
        found = {}
        for b in self.package.mro(c)[1:]:
            for name, (*_, m) in b.members.items():
                hook = self.hook(b, m) if name not in c.members else ''
                if hook and self.package.member(c, hook) and self.may_await(b, hook): found.setdefault(name, [m])
        return found

    def hooked_type(self, c:Class, m:Member, text:str) -> str:
        "The type that a method returns, as a method of a class or of one of its bases."
        hook = next((hook for b in self.package.mro(c) if m in b.members.get(m.node.name, []) and (hook := self.hook(b, m))), '')
        is_open = bool(hook) and not self.package.member(c, hook) and self.may_await(c, hook)
        if not is_open and not (hook and self.awaits(c, hook)): return text
        to_await = f'{self.std("Coroutine", "collections.abc")}[{self.std("Any")}, {self.std("Any")}, {text}]'
        return f'{text} | {to_await}' if is_open else to_await

    # Functions

    def function(self, m:Member, name:str, where:str, c:Class|None=None) -> str:
        f = m.node
        params = [self.param(p, where) for p in separated(self.params(m, c))]
        is_async = isinstance(f, ast.AsyncFunctionDef) and not is_generator(f)   # calling a generator needs no `await`
        head, tail = f'{"async " if is_async else ""}def {name}(', f') -> {self.returned(m, where, c)}:'
        line = f'{head}{", ".join(params)}{tail}'
        if len(line) > WIDTH: line = '\n'.join([head, *(f'    {p},' for p in params), tail])
        doc = docstring(f, m.module)
        decorators = [f'@{name}.setter'] if m.kind == 'setter' else [f'@{m.kind}'] * bool(m.kind) + self.decorators(f, m.module)
        return '\n'.join([*decorators, f'{line}\n{indent(doc)}' if doc else f'{line} ...'])

    def decorators(self, node:Function|ast.ClassDef, m:Module) -> list[str]:
        kept = [d for d in node.decorator_list if decorator_name(d).rpartition('.')[2] in KEPT_DECORATORS]
        def spelled(d): return d if decorator_name(d).endswith('.setter') else Spelling(self, m).bound(parsed(ast.unparse(d)))
        return [f'@{ast.unparse(spelled(d))}' for d in kept]

    def params(self, m:Member, c:Class|None) -> list[Param]:
        "The parameters of a function, with those that `@delegates` brings in."
        a = m.node.args
        placed = [*((p, '/') for p in a.posonlyargs), *((p, '') for p in a.args)]
        placed = [(*p, d) for p, d in zip(placed, [None] * (len(placed) - len(a.defaults)) + a.defaults)]
        starred = [(a.vararg, '*', None)] if a.vararg else []
        keywords = [(p, 'kw', d) for p, d in zip(a.kwonlyargs, a.kw_defaults)]
        double = [(a.kwarg, '**', None)] if a.kwarg else []
        found = [Param(p.arg, kind, self.param_type(p, kind, m, c), self.default(d, m.module))
                 for p, kind, d in [*placed, *starred, *keywords, *double]]
        if found and c is not None and not m.is_static: found[0] = found[0]._replace(is_self=True)
        return self.delegated(m, found, c)

    def param_type(self, p:ast.arg, kind:str, m:Member, c:Class|None) -> Types:
        "The type of a parameter: as it is written, or that of the method it overrides."
        if p.annotation is not None: return [Type(p.annotation, m.module)]
        overridden = next((b for b in self.package.mro(c)[1:] if m.node.name in b.members), None) if c else None
        for q in self.params(overridden.members[m.node.name][0], overridden) if overridden else ():
            if q.name == p.arg and q.types and not {kind, q.kind} & {'*', '**'}: return q.types
        if kind in ('*', '**'): return standard('object' if m.node.name in ('__exit__', '__aexit__') else 'Any')
        return standard('object') if m.node.name in RETURNS and m.node.name != '__init__' else None   # `__eq__`, `__contains__`

    def default(self, e:ast.expr|None, m:Module) -> str|None:
        "A default as the stub shows it: a constant of a module by its value."
        if e is None: return None
        node = self.package.node(self.package.origin(m, e.id)) if isinstance(e, ast.Name) else None
        return literal(node.value if isinstance(node, ast.Assign|ast.AnnAssign) else e)

    def delegated(self, m:Member, params:list[Param], c:Class|None) -> list[Param]:
        d = next((d for d in m.node.decorator_list if decorator_name(d) == 'delegates'), None)
        if d is None: return params
        options = {k.arg: k.value for k in d.keywords}
        but = ast.literal_eval(options.get('but', ast.Constant('')))
        known = {p.name for p in params} | {*(but.replace(' ', '').split(',') if isinstance(but, str) else but)}
        target, owner = self.delegate(d.args[0] if d.args else options.get('to'), m, c)
        added = [p._replace(kind='kw') for p in self.params(target, owner) if p.default is not None and p.name not in known]
        kept = [p for p in params if p.kind == '**'] if 'keep' in options else []
        return [p for p in params if p.kind != '**'] + added + kept

    def delegate(self, to:ast.expr|None, m:Member, c:Class|None) -> tuple[Member, Class|None]:
        "The function that a `@delegates` names, and its class."
        match to:
            case None: owner, name = self.package.bases(c)[0], m.node.name
            case ast.Attribute(): owner, name = self.package.class_of(Type(to.value, m.module)), to.attr
            case _: owner, name = self.package.class_of(Type(to, m.module)), '__init__'
        if owner is not None: return self.package.member(owner, name), owner
        origin = self.package.origin(m.module, to.id)
        return Member(self.package.node(origin), self.package.modules[origin.module]), None

    def param(self, p:Param|str, where:str) -> str:
        if isinstance(p, str): return p
        if p.is_self: return p.name
        if p.types is None: self.gap(f'{where}({p.name})')
        stars = p.kind if p.kind in ('*', '**') else ''
        return f'{stars}{p.name}' + (f': {self.type(p.types)}' if p.types else '') + (f' = {p.default}' if p.default is not None else '')

    def returned(self, m:Member, where:str, c:Class|None) -> str:
        if m.is_setter: return 'None'
        types = self.package.returns(m.node, m.module)
        if types is None: self.gap(f'{where} -> ?')
        text = self.type(types or standard('Any'))
        return self.hooked_type(c, m, text) if c is not None else text

    # The file

    def text(self) -> str:
        order = {name: n for n, name in enumerate(self.module.defs)}
        blocks = sorted(self.blocks, key=lambda name: order.get(name, len(order)))
        return assemble(docstring(self.module.tree, self.module), self.imports(), self.module.public, [self.blocks[name] for name in blocks])

    def imports(self) -> list[str]:
        plain, from_modules = [], {}
        for name, origin in self.names.items():
            if origin.name is None and not self.package.is_ours(origin.module):
                plain.append(f'import {origin.module}' + (f' as {name}' if origin.module.partition('.')[0] != name else ''))
                continue
            module, imported = origin if origin.name else origin.module.rsplit('.', 1)
            line = imported if imported == name else f'{imported} as {name}'
            from_modules.setdefault(self.relative(module), []).append(line)
        ordered = sorted(from_modules.items(), key=lambda item: (item[0].startswith('.'), item[0]))
        return sorted(plain) + [f'from {module} import {", ".join(sorted(names))}' for module, names in ordered]

    def relative(self, module:str) -> str:
        "A module's name as an import here writes it."
        if not self.package.is_ours(module): return module
        path, here = module.split('.'), self.module.name.split('.')
        while path and here[:-1] and path[0] == here[0]: path, here = path[1:], here[1:]
        return '.' * len(here) + '.'.join(path)

def is_no_parameter(value:ast.expr|None) -> bool:
    "Whether a field is none of its constructor's parameters."
    return isinstance(value, ast.Call) and any(k.arg == 'init' and ast.unparse(k.value) == 'False' for k in value.keywords)

def separated(params:list[Param]) -> list[Param|str]:
    "With the `/` and the `*` between kinds of parameters."
    found: list[Param|str] = []
    for n, p in enumerate(params):
        if n and params[n-1].kind == '/' and p.kind != '/': found.append('/')
        if p.kind == 'kw' and not any(q.kind in ('*', 'kw') for q in params[:n]): found.append('*')
        found.append(p)
    return [*found, '/'] if params and params[-1].kind == '/' else found

def assemble(doc:str, imports:list[str], public:list[str], blocks:list[str]) -> str:
    names = textwrap.fill(', '.join(map(repr, public)), WIDTH, initial_indent='    ', subsequent_indent='    ')
    all_line = f'__all__ = [\n{names}]' if public else '__all__: list[str] = []'
    parts = ['# Made by tools/stubs.py: do not edit.', doc, '', *imports, '', all_line, '', *(f'{b}\n' for b in blocks)]
    return '\n'.join(parts).rstrip('\n') + '\n'

# All of them

class Stubs(dict):
    "The stubs of a package by the names of its modules."
    def __init__(self, package:Package):
        self.package = package
        super().__init__({m.name: Stub(self, m) for m in package.modules.values() if m.is_exported})

    def texts(self) -> dict[Path, str]:  # path -> text
        "All files."
        for stub in self.values():
            for name in stub.module.public: stub.define(name)
        return {s.module.path.with_suffix('.pyi'): s.text() for s in self.values()} | {self.package.folder/'__init__.pyi': self.top()}

    def top(self) -> str:
        "The stub of the package itself: every public name, from where it is defined."
        m, home = self.package.modules[self.package.name], self.package.home
        imports = [f'from .{module} import {name} as {name}' for name, module in home.items()]
        return assemble(docstring(m.tree, m), sorted(imports), [*home], ['__version__: str'])

    def untyped(self) -> list[str]:
        "What has no type among the names at the top of the package and all that their signatures lead to."
        for name, module in self.package.home.items(): self[f'{self.package.name}.{module}'].define(name)
        return [gap for stub in self.values() for gap in stub.gaps]

def home_of(folder:Path) -> dict[str, str]:
    "The names that come through the `__getattr__` of a package; its `__init__` loads nothing else."
    spec = importlib.util.spec_from_file_location(folder.name, folder/'__init__.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._home

def all_stubs() -> Stubs: return Stubs(Package(PACKAGE, home_of(PACKAGE)))

def write() -> None:
    "Write all stubs, and remove those of modules that are gone."
    texts = all_stubs().texts()
    for path, text in texts.items():
        if not path.exists() or path.read_text() != text: path.write_text(text)
    for path in PACKAGE.rglob('*.pyi'):
        if path not in texts: path.unlink()

if __name__ == '__main__': print(*all_stubs().untyped(), sep='\n') if '--untyped' in sys.argv else write()
