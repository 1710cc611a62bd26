"""The project as a whole: one set of facts, notebooks and modules in step, packages whose imports only point down, a cheap import."""
import ast, configparser, fnmatch, json, os, re, shutil, subprocess, sys, tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import nbformat, pytest, yaml
import cjm_jobtrack

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT/'pyproject.toml').read_text())
INI = configparser.ConfigParser(delimiters=['='], interpolation=None)
INI.read(ROOT/'settings.ini')
SITE = yaml.safe_load((ROOT/'_quarto.yml').read_text())
NOTEBOOKS = sorted(p.relative_to(ROOT/'nbs') for p in (ROOT/'nbs').rglob('*.ipynb') if '.ipynb_checkpoints' not in p.parts)
PAGES = [p for p in NOTEBOOKS if p.parts[0] == 'tutorials' or p.name == 'index.ipynb']  # these export nothing
FLOORS = ['cli', 'api', 'net', 'server', 'pipelines', 'containers', 'queue', 'runners', 'view', 'maintenance', 'tracker', 'logs', 'store', 'model']  # from the top down

def read(nb): return nbformat.read(ROOT/'nbs'/nb, as_version=4)
def ids(paths): return [str(p) for p in paths]

def module_of(nb) -> str:  # model/00_job.ipynb -> model.job
    return '.'.join([*nb.parts[:-1], re.sub(r'^\d+_', '', nb.stem)])

MODULES = {module_of(nb): nb for nb in NOTEBOOKS if nb not in PAGES}

# One set of facts

@pytest.mark.parametrize('key, expected', [
    ('lib_name', PROJECT['project']['name']),
    ('version', cjm_jobtrack.__version__),
    ('description', PROJECT['project']['description']),
    ('keywords', ' '.join(PROJECT['project']['keywords'])),
    ('author', PROJECT['project']['authors'][0]['name']),
    ('min_python', PROJECT['project']['requires-python'].removeprefix('>=')),
    ('git_url', PROJECT['project']['urls']['Repository']),
    ('repo', PROJECT['project']['urls']['Repository'].split('/')[-1]),
    ('user', PROJECT['project']['urls']['Repository'].split('/')[-2]),
    ('console_scripts', ' '.join(f'{k}={v}' for k, v in PROJECT['project']['scripts'].items())),
    ('requirements', ' '.join(PROJECT['project']['dependencies'])),
    *((f'{extra}_requirements', ' '.join(names)) for extra, names in PROJECT['project']['optional-dependencies'].items()),
    ('nbs_path', PROJECT['tool']['nbdev'].get('nbs_path', 'nbs')),
    ('doc_path', PROJECT['tool']['nbdev'].get('doc_path', '_docs')),
    ('tst_flags', PROJECT['tool']['nbdev']['tst_flags']),
    ('lib_path', cjm_jobtrack.__name__),
])
def test_settings_ini_says_what_pyproject_says(key, expected):
    assert ' '.join(INI['DEFAULT'][key].split()) == expected

def test_site_says_what_pyproject_says():
    project, site = PROJECT['project'], SITE['website']
    assert (site['title'], site['description'], site['repo-url']) == (project['name'], project['description'], project['urls']['Repository'])
    assert site['site-url'] == project['urls']['Documentation'].rstrip('/')
    assert site['site-url'] == INI['DEFAULT']['doc_host'] + INI['DEFAULT']['doc_baseurl']
    assert SITE['project']['output-dir'] == INI['DEFAULT']['doc_path']

def test_nbdev_reads_pyproject_although_settings_ini_is_there():
    from nbdev.config import get_config
    config = get_config(ROOT/'nbs'/'model')
    assert (config.config_file, config.version, config.lib_path) == (ROOT/'pyproject.toml', cjm_jobtrack.__version__, ROOT/'cjm_jobtrack')

def test_changelog_knows_this_version():
    assert f'## [{cjm_jobtrack.__version__}]' in (ROOT/'CHANGELOG.md').read_text()

def test_package_data_reaches_every_file():
    globs = PROJECT['tool']['setuptools']['package-data']['cjm_jobtrack']
    files = [p.relative_to(ROOT/'cjm_jobtrack') for p in (ROOT/'cjm_jobtrack').rglob('*') if p.is_file() and '__pycache__' not in p.parts and p.suffix != '.py']
    assert Path('py.typed') in files
    assert [f for f in ids(files) if not any(fnmatch.fnmatch('/'+f, '/'+g.replace('**/', '*')) for g in globs)] == []

# Documentation

def test_nbs_uses_the_top_level_quarto_file():
    link = ROOT/'nbs/_quarto.yml'
    assert link.is_symlink() and os.readlink(link) == '../_quarto.yml'
    assert link.read_bytes() == (ROOT/'_quarto.yml').read_bytes()
    assert 'metadata-files' not in SITE

def test_sidebar_lists_every_page_in_reading_order():
    def pages(contents): return [p for item in contents for p in (pages(item['contents']) if isinstance(item, dict) else [item])]
    listed = pages(SITE['website']['sidebar']['contents'])
    assert sorted(listed) == sorted(ids(NOTEBOOKS)), 'nbs/ and the sidebar of _quarto.yml differ'
    by_package = {}
    for p in listed: by_package.setdefault(Path(p).parent, []).append(p)
    numbered = {package: pages for package, pages in by_package.items() if str(package) != '.'}
    assert all(pages == sorted(pages) for pages in numbered.values())   # a notebook's number is its place in its package
    assert [str(p) for p in by_package if (ROOT/'cjm_jobtrack'/p).is_dir() and str(p) != '.'] == ['api', *(f for f in FLOORS[::-1] if f != 'api')]   # what people type, then from the ground up

@pytest.mark.timeout(1300)
def test_notebooks_pass_the_docs_processor(tmp_path):
    "All of the docs build but Quarto: exported cells and imports run without the lessons between them."
    for name in ('nbs', 'cjm_jobtrack'): shutil.copytree(ROOT/name, tmp_path/name, symlinks=True, ignore=shutil.ignore_patterns('__pycache__', '.ipynb_checkpoints'))
    for name in ('pyproject.toml', '_quarto.yml'): shutil.copy(ROOT/name, tmp_path)
    done = subprocess.run([sys.executable, '-c', 'from nbdev.serve import proc_nbs; proc_nbs(n_workers=2)'], cwd=tmp_path, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr[-3000:]
    assert 'Found cells containing imports and other code' not in done.stderr + done.stdout, 'an import cell holds only imports'
    made = {str(p.relative_to(tmp_path/'_proc')) for p in (tmp_path/'_proc').rglob('*.ipynb')}
    assert made == set(ids(NOTEBOOKS)) and not (tmp_path/'_proc/_quarto.yml').is_symlink()

@pytest.mark.parametrize('nb', NOTEBOOKS, ids=ids(NOTEBOOKS))
def test_notebook_opens_with_title_and_subtitle(nb):
    notebook = read(nb)
    nbformat.validate(notebook)
    assert re.match(r'# \S.*\n\n> \S', notebook.cells[0].source), 'the first cell is `# Title`, a blank line, `> subtitle`'

@pytest.mark.parametrize('name', MODULES)
def test_notebook_exports_the_module_its_path_says(name):
    exps = [m[1] for c in read(MODULES[name]).cells if c.cell_type == 'code' for m in [re.match(r'#\|\s*default_exp\s+(\S+)', c.source)] if m]
    assert exps == [name]

@pytest.mark.parametrize('nb', PAGES, ids=ids(PAGES))
def test_pages_export_nothing(nb):
    assert not [c.source for c in read(nb).cells if re.match(r'#\|\s*(default_exp|export)', c.source)]

def test_every_exported_module_has_its_notebook():
    made = [p for p in (ROOT/'cjm_jobtrack').rglob('*.py') if 'AUTOGENERATED' in p.read_text()[:2000]]
    names = {'.'.join(p.relative_to(ROOT/'cjm_jobtrack').with_suffix('').parts) for p in made}
    assert names == set(MODULES), 'a notebook was renamed or removed, or not exported'

# Floors: between packages an import points to a lower floor, and within one imports make no circle

def package(name) -> str: return name.split('.')[0]
def floor(name) -> int: return FLOORS.index(package(name))
def source(name) -> str: return ROOT.joinpath('cjm_jobtrack', *name.split('.')).with_suffix('.py').read_text()

def imports(name) -> set[str]:
    "Modules of ours that a module imports, wherever in it the import stands."
    found, here = set(), ['cjm_jobtrack', *name.split('.')]
    for node in ast.walk(ast.parse(source(name))):
        if isinstance(node, ast.Import): found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = '.'.join([*(here[:-node.level] if node.level else []), *filter(None, [node.module])])
            found |= {f'cjm_jobtrack.{cjm_jobtrack._home[a.name]}' if base == 'cjm_jobtrack' and a.name in cjm_jobtrack._home
                      else f'{base}.{a.name}' if f'{base}.{a.name}'.removeprefix('cjm_jobtrack.') in MODULES else base for a in node.names}
    return {m.removeprefix('cjm_jobtrack.') for m in found if m.startswith('cjm_jobtrack.')}

def test_imports_make_no_circle():
    TopologicalSorter({name: imports(name) & MODULES.keys() for name in MODULES}).prepare()   # raises `CycleError`, which shows the circle

@pytest.mark.parametrize('name', MODULES)
def test_imports_point_to_lower_floors(name):
    here = floor(name)
    assert [m for m in imports(name) & MODULES.keys() if package(m) != package(name) and floor(m) <= here] == []

@pytest.mark.parametrize('name', MODULES)
def test_private_names_stay_in_their_package(name):
    tree = ast.parse(source(name))
    from_elsewhere = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.level == 2]   # `from ..store.schema import …`
    assert [f'{n.module}.{a.name}' for n in from_elsewhere for a in n.names if a.name.startswith('_')] == []

def test_one_module_speaks_http_to_others():
    assert [name for name in MODULES if re.search(r'^\s*(import|from) httpx\b', source(name), re.M)] == ['net.transport']

# The package at its top

@pytest.mark.parametrize('name', cjm_jobtrack.__all__)
def test_lazy_name_resolves(name):
    value = getattr(cjm_jobtrack, name)
    assert value.__module__ == f'cjm_jobtrack.{cjm_jobtrack._home[name]}' and name in dir(cjm_jobtrack)

def test_lazy_names_do_not_hide_a_subpackage():
    assert not set(cjm_jobtrack.__all__) & {p.stem for p in (ROOT/'cjm_jobtrack').iterdir()}

def test_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match='no_such_name'): cjm_jobtrack.no_such_name

def modules_after(code) -> set[str]:
    "What a fresh interpreter has loaded after `code`."
    done = subprocess.run([sys.executable, '-c', f'{code}\nimport json, sys; print(json.dumps(sorted(sys.modules)))'],
                          capture_output=True, text=True, timeout=60, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))

def test_import_is_cheap():
    assert len(modules_after('import cjm_jobtrack') - modules_after('pass')) < 20

def test_tracker_in_memory_loads_no_heavy_library():
    loaded = modules_after('import cjm_jobtrack; cjm_jobtrack.JobTracker().create_job("x")')
    assert {m.split('.')[0] for m in loaded} & {'sqlalchemy', 'docker', 'fastapi', 'ipywidgets', 'httpx', 'typer', 'uvicorn', 'psutil'} == set()
    assert not [m for m in loaded if re.match(r'cjm_jobtrack\.(runners|queue|containers|pipelines|net|server|view|cli)', m)]

@pytest.mark.parametrize('nb', NOTEBOOKS, ids=str)
def test_links_between_pages_lead_somewhere(nb):
    "By the notebook's name, which holds in Jupyter, on GitHub and on the site."
    text = ''.join(''.join(c['source']) for c in json.loads((ROOT/'nbs'/nb).read_text())['cells'] if c['cell_type'] == 'markdown')
    for to in re.findall(r'\]\((?!https?:|mailto:|#)([^)\s#]+)', text): assert (ROOT/'nbs'/nb).parent.joinpath(to).exists(), to
