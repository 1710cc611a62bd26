"""Make README.md from nbs/index.ipynb, without Quarto. `--check` only says whether it is stale."""
import re, sys
from pathlib import Path
from fastcore.nbio import read_nb
from nbdev.config import get_config
from nbdev.readme_filter import doc_link

ROOT = Path(__file__).resolve().parent.parent
NOTICE = '<!-- Made from nbs/index.ipynb by `make readme`. Edit the notebook, not this file. -->'

def indented(text): return '\n'.join('    '+line if line.strip() else '' for line in text.strip('\n').split('\n'))

def output(o) -> str:  # '' for what plain markdown cannot show
    "One output of a cell: markdown as it is, text indented."
    if o.output_type == 'stream': return indented(''.join(o.text))
    data = getattr(o, 'data', {})
    if 'text/markdown' in data: return ''.join(data['text/markdown'])
    return indented(''.join(data['text/plain'])) if 'text/plain' in data else ''

def link(m) -> str:
    "Pages of the documentation by their address on the web, pictures by their place in the repository."
    if m[1] == '!': return m[0] if '://' in m[3] else f'![{m[2]}](nbs/{m[3]})'
    return f'[{m[2]}]({doc_link(m[3], get_config(ROOT).doc_url)})'

def cell(c) -> list[str]:
    "The paragraphs that a cell becomes."
    shown = c.directives
    if 'hide' in shown or shown.get('include') == 'false': return []
    c.remove_directives()
    source = c.source.strip('\n')
    if c.cell_type == 'markdown': return [re.sub(r'(!?)\[([^\]]*)\]\(([^)\s]+)\)', link, source)]
    if c.cell_type != 'code': return []
    code = [f'```python\n{source}\n```'] if source and shown.get('echo') != 'false' else []
    return code + ([] if shown.get('output') == 'false' else [s for s in map(output, c.outputs) if s])

def readme() -> str:
    "What README.md should say."
    first, *rest = [s for c in read_nb(ROOT/'nbs/index.ipynb').cells for s in cell(c)]
    return '\n\n'.join([first, NOTICE, *rest]) + '\n'

target, text = ROOT/'README.md', readme()
if '--check' not in sys.argv: target.write_text(text)
elif not target.exists() or target.read_text() != text: sys.exit('README.md is older than nbs/index.ipynb: run `make readme` and commit it.')
