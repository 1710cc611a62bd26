// The page of cjm_jobtrack: nodes, jobs and one job's details, live by the event stream of the server that gave out this page.
//
// What comes from the server is shown as text and never as markup: every element is made by `h`, whose strings become text nodes,
// with a mark in place of each control character. A name is put into a `bdi`, so that one written from right to left moves nothing else.
// Addresses are relative, so the page also works below a proxy's prefix.

const PAGE = 50                    // jobs loaded at once
const MOST = 2000                  // rows shown at most
const PATIENCE = 20_000            // longest wait for an answer, in ms
const SILENCE = 40_000             // the server says something every 15 s; after this long, in ms, the connection is taken for dead
const STATUSES = ['pending', 'running', 'completed', 'failed', 'cancelled']
const $ = id => document.getElementById(id)

// Elements. `h('a', {href: '#'}, 'text', child)`; in props `on…` are listeners, `data` is the dataset, the rest are attributes.
const ADDRESSES = ['href', 'download']   // attributes that must stay as they are
function h(tag, props = {}, ...children) {
  const e = document.createElement(tag)
  for (const [k, v] of Object.entries(props)) {
    if (v === null || v === undefined || v === false) continue
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v)
    else if (k === 'data') Object.assign(e.dataset, v)
    else e.setAttribute(k === 'cls' ? 'class' : k, v === true ? '' : ADDRESSES.includes(k) ? v : visible(v))
  }
  e.append(...children.filter(c => c !== null && c !== undefined && c !== false).map(c => typeof c === 'string' ? visible(c) : c))
  return e
}
const visible = text => String(text ?? '').replace(/(?![\n\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '·')   // as `core.lines.visible`
function say(e, text) {             // leaves a selection alone when nothing changes
  text = visible(text)
  if (e.textContent !== text) e.textContent = text
}
const named = job => h('bdi', {}, String(job.name || job.id))
function mark(e, name, value) { if (e.dataset[name] !== value) e.dataset[name] = value }

// Words

function span(seconds) {
  if (Number.isNaN(seconds)) return ''
  const s = Math.max(0, Math.floor(seconds)), two = n => String(n).padStart(2, '0')
  if (s < 60) return `${s} s`
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`
  if (s < 86400) return `${Math.floor(s / 3600)} h ${two(Math.floor(s % 3600 / 60))} min`
  return `${Math.floor(s / 86400)} d ${Math.floor(s % 86400 / 3600)} h`
}
function size(n) {
  if (n < 1000) return `${n} byte${n === 1 ? '' : 's'}`
  let u = -1
  while (n >= 999.5 && u < 3) { n /= 1000; u++ }
  return `${n < 9.95 ? n.toFixed(1) : n.toFixed(0)} ${['kB', 'MB', 'GB', 'TB'][u]}`
}
const seconds = instant => instant ? Date.parse(instant) / 1000 : null
let skew = 0                       // the server's clock minus ours, in seconds
const present = () => (contact.trouble ? contact.heard : Date.now()) / 1000 + skew   // what is not live any more stands still

function took(job) {
  if (!job.created_at) return ''
  if (job.status === 'pending') return `waiting ${span(present() - seconds(job.created_at))}`
  if (!job.started_at) return ''
  return span((seconds(job.completed_at) ?? present()) - seconds(job.started_at))
}
function when(instant) {
  if (!instant) return ''
  const d = new Date(instant), today = new Date().toDateString() === d.toDateString()
  return d.toLocaleString([], today ? {timeStyle: 'short'} : {dateStyle: 'medium', timeStyle: 'short'})
}
function howFar(job) {
  if (job.progress !== null && job.progress !== undefined) return `${Math.floor(job.progress)} %`
  return job.status === 'running' ? 'progress unknown' : ''
}
function said(job) {
  if (job.status === 'failed' || job.status === 'cancelled') return job.error ?? ''
  if (job.unreachable_since && job.status === 'running') return 'no contact with its node'
  return ['pending', 'running'].includes(job.status) ? job.message ?? '' : ''
}
const spec = job => (job.spec && typeof job.spec === 'object') ? job.spec : {}
const inputOf = job => spec(job).input ?? spec(job).original?.manualPath ?? spec(job).original?.youtubeUrl ?? ''
const workOf = job => spec(job).pipeline ?? spec(job).func ?? job.runner ?? ''
const isLive = job => job.status === 'pending' || job.status === 'running'

const EVENTS = {
  created: () => 'Created', queued: () => 'Queued', deferred: d => `Put back: ${d.reason ?? ''}`, retried: d => `To be tried again: ${d.reason ?? ''}`,
  sent: d => `Sent to ${d.name ?? (nodeName(d.node) || 'a node')}`, accepted: () => 'Accepted by the node', running: (d, n) => n > 1 ? `Attempt ${n} began` : 'Began',
  started: () => 'Under way', waiting: d => `Waits: ${d.reason ?? ''}`, unsent: d => `Could not be sent: ${d.problem ?? ''}`, adopted: () => 'Found again after a restart', cancel_requested: () => 'Asked to cancel', cancel_taken: () => 'The node has been told to cancel', cancel_unconfirmed: () => 'It is not certain yet that it has stopped', completed: d => 'Completed' + (d.outputs ? `, ${d.outputs} file${d.outputs === 1 ? '' : 's'}` : ''),
  failed: d => `Failed: ${d.message ?? ''}`, cancelled: () => 'Cancelled', unreachable: () => 'Lost contact with the node', reachable: () => 'In contact again', fetched: d => `Downloaded ${d.name ?? ''}`,
}
Object.assign(EVENTS, {
  delayed: d => `Has to wait: ${d.reason ?? ''}`, runner: d => (d.runner === 'docker' ? 'In a container' : 'As a process') + (d.why ? `: ${d.why}` : ''),
  leftovers: () => 'What it had left running was ended', worker_replaced: () => "The plugin's worker process was replaced",
  restarted: () => 'The container was restarted', paused: () => 'The container is paused', resumed: () => 'The container goes on',
  without_digest: () => 'Some files have no checksum', unconfirmed: () => 'It is not certain yet that it has stopped',
})
const other = e => [e.type.replaceAll('_', ' '), e.data?.message ?? e.data?.reason].filter(Boolean).join(': ')
const event = e => Object.hasOwn(EVENTS, e.type) ? EVENTS[e.type](e.data ?? {}, e.attempt) : other(e)

// The server

const KEY = 'jobtrack-token'
let asking = null

function login(wrong) {
  asking ??= new Promise(done => {
    say($('login-text'), wrong ? 'That token was not accepted.' : '')
    $('token').value = ''
    $('login').showModal()
    $('login').oncancel = e => e.preventDefault()
    $('login').onclose = () => { sessionStorage.setItem(KEY, $('token').value.trim()); asking = null; done() }
  })
  return asking
}

// Whether the page is in contact. Every answer, and everything that the stream brings, is a sign of life.
const contact = {streaming: false, trouble: '', heard: Date.now(), reconnect: () => {}}

function alive() {
  if (contact.streaming || !contact.trouble) contact.heard = Date.now()
  if (!contact.streaming) contact.reconnect()
  else if (contact.trouble) lost('')
}

function lost(trouble) {
  contact.trouble = trouble
  paintContact()
}

function paintContact() {
  const {streaming, trouble} = contact, since = new Date(contact.heard).toLocaleTimeString()
  mark($('link'), 'state', trouble ? 'lost' : streaming ? 'live' : 'waiting')
  say($('link'), trouble ? `${trouble}; trying again …` : streaming ? 'live' : 'connecting …')
  document.body.classList.toggle('stale', Boolean(trouble))
  $('as-of').hidden = !trouble || !server.timestamp
  say($('as-of'), `All of this is as of ${since}. What has happened since is not known here.`)
}

async function reach(path, options) {
  try {
    const answer = await fetch(path, options)
    alive()
    return answer
  } catch (e) {
    if (contact.streaming || !contact.trouble) lost('no answer from the server')
    throw Object.assign(new Error('The server does not answer. Try again when the page is live.'), {cause: e})
  }
}

async function ask(path, options = {}) {
  for (;;) {
    const token = sessionStorage.getItem(KEY), headers = {...options.headers, ...(token ? {Authorization: `Bearer ${token}`} : {})}
    const answer = await reach(path, {cache: 'no-store', ...options, headers})
    if (answer.status === 401) { if (token === sessionStorage.getItem(KEY)) await login(Boolean(token)); continue }
    if (answer.ok) return answer
    const body = await answer.json().catch(() => ({}))
    throw Object.assign(new Error(body.error ?? body.message ?? `The server answered ${answer.status}`), {status: answer.status})
  }
}
const patiently = path => ask(path, {signal: AbortSignal.timeout(PATIENCE)})
const read = async path => (await patiently(path)).json()
const at = (id, rest = '') => `jobs/${encodeURIComponent(id)}${rest}`

// A record as the page needs it. What is not of its type is told in its row, and harms no other.
const isTime = v => typeof v === 'string' && !Number.isNaN(Date.parse(v))
const TYPES = {progress: [Number.isFinite, 'no number'], created_at: [isTime, 'no time'], started_at: [isTime, 'no time'], completed_at: [isTime, 'no time']}

function record(wire) {
  const job = {...(wire.job ?? wire)}
  const odd = Object.entries(TYPES).filter(([field, [is]]) => (job[field] ?? null) !== null && !is(job[field]))
  job.odd = odd.map(([field, [, not]]) => `its ${field} is on record as ${JSON.stringify(job[field])}, which is ${not}`).join('; ')
  for (const [field] of odd) job[field] = null
  return Object.assign(job, {id: String(job.id), status: String(job.status ?? 'unknown')})
}

// A stream of server-sent events, read by `fetch`: unlike `EventSource` it can show a token.
async function* stream(path, headers, stop) {
  const answer = await ask(path, {headers: {Accept: 'text/event-stream', ...headers}, signal: stop.signal})
  let timer = setTimeout(() => stop.abort(), SILENCE)
  yield null                       // connected
  const lines = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = '', e = {data: []}
  try {
    for (;;) {
      const {value, done} = await lines.read()
      if (done) return
      clearTimeout(timer)
      timer = setTimeout(() => stop.abort(), SILENCE)
      alive()
      const parts = (rest + value).split(/\r?\n/)
      rest = parts.pop()
      for (const line of parts) {
        const [, name, text] = /^(\w*): ?(.*)$/s.exec(line) ?? [null, line, '']
        if (name === 'data') e.data.push(text)
        else if (name === 'id') e.id = text
        else if (line === '') { if (e.data.length) yield {id: e.id, ...JSON.parse(e.data.join('\n'))}; e = {data: []} }
      }
    }
  } finally { clearTimeout(timer); stop.abort() }
}

// State

const jobs = new Map()             // id -> record, of the jobs in the list
const rows = new Map()             // id -> elements of its row
const stale = new Set()            // ids that have changed on the server
let nodes = [], filter = '', more = false, server = {}, open = null, cursor = null

const nodeName = id => nodes.find(n => n.id === id)?.name ?? (id ? String(id).slice(0, 8) : '')

let toastTimer
function toast(...parts) {
  $('toast').replaceChildren(h('span', {}, ...parts))
  $('toast').hidden = false
  clearTimeout(toastTimer)
  toastTimer = setTimeout(() => { $('toast').hidden = true }, 7000)
}

// Jobs

const oldest = () => $('job-list').lastElementChild?.dataset.id   // of those shown

async function pageOfJobs(before) {
  const query = new URLSearchParams({limit: PAGE, ...(filter ? {status: filter} : {}), ...(before ? {before} : {})})
  const answer = await read(`jobs?${query}`), found = answer.jobs.map(record).reverse()
  found.more = found.length === PAGE || Boolean(answer.next)   // a page of large jobs ends early
  return found
}

async function loadOlder() {
  const asked = filter, found = await pageOfJobs(oldest())
  if (asked !== filter) return
  more = found.more
  for (const job of found) put(job, true)
  paintList()
}

// Read anew what is shown: the newest jobs, down to the oldest row. What is on the page stays where it is.
async function load(end = jobs.get(oldest())?.created_at) {
  const asked = filter, shown = [...jobs.keys()], found = []
  let page
  do {
    page = await pageOfJobs(found.at(-1)?.id)
    if (asked !== filter) return
    found.push(...page)
  } while (page.more && found.length < MOST && end && found.at(-1).created_at >= end)
  const kept = found.filter(j => !end || j.created_at >= end), there = new Set(kept.map(j => j.id))
  more = page.more || kept.length < found.length
  for (const id of shown) if (!there.has(id)) drop(id)
  for (const job of kept) put(job, true)
  while (jobs.size > MOST) { drop(oldest()); more = true }
  paintList()
}

function put(job, loaded = false) {
  if (open?.id === job.id) { open.job = job; paintDetails() }
  if (filter && job.status !== filter) return drop(job.id)
  const last = jobs.get(oldest()), isNew = !jobs.has(job.id)
  if (!loaded && isNew && more && last && job.created_at < last.created_at) return   // belongs to a page that is not shown
  jobs.set(job.id, job)
  const row = rows.get(job.id) ?? makeRow(job.id)
  if (isNew) {
    const next = [...$('job-list').children].find(li => (jobs.get(li.dataset.id)?.created_at ?? '') < job.created_at)
    $('job-list').insertBefore(row.li, next ?? null)
  }
  paintRow(job)
}

function drop(id) {
  jobs.delete(id)
  rows.get(id)?.li.remove()
  rows.delete(id)
}

function makeMeter() {
  const bar = h('progress', {max: 100, 'aria-label': 'progress'}), text = h('span', {cls: 'said'})
  return {bar, text, box: h('div', {cls: 'meter'}, bar, text)}
}

function paintMeter(meter, job, words) {
  const unknown = job.status === 'running' && (job.progress ?? null) === null
  if (unknown) meter.bar.removeAttribute('value')
  else meter.bar.value = job.progress ?? (job.status === 'completed' ? 100 : 0)
  mark(meter.bar, 'status', job.status)
  say(meter.text, words)
}

function makeRow(id) {
  const r = {status: h('span', {cls: 'status'}), name: h('a', {cls: 'name', href: `#job=${encodeURIComponent(id)}`}, h('bdi', {})), sub: h('span', {cls: 'sub'}), meter: makeMeter(),
             node: h('span', {cls: 'col-node'}), elapsed: h('span', {cls: 'elapsed'}), when: h('span', {cls: 'when'})}
  r.li = h('li', {cls: 'job', data: {id}}, r.status, h('div', {cls: 'what'}, r.name, r.sub), r.meter.box, r.node, h('div', {cls: 'time'}, r.elapsed, r.when))
  rows.set(id, r)
  return r
}

function paintRow(job) {
  const r = rows.get(job.id)
  say(r.status, job.status)
  mark(r.status, 'status', job.status)
  say(r.name.firstChild, job.name || job.id)
  r.name.title = job.id
  try { paintCells(r, job) } catch (e) { say(r.meter.text, `This record cannot be shown whole: ${e.message}`) }
  r.meter.text.title = r.meter.text.textContent
  r.li.classList.toggle('chosen', open?.id === job.id)
}

function paintCells(r, job) {
  say(r.sub, [workOf(job), inputOf(job)].filter(Boolean).join(' · '))
  r.sub.title = r.sub.textContent
  paintMeter(r.meter, job, [howFar(job), said(job), job.odd].filter(Boolean).join(' · '))
  say(r.node, nodeName(job.node))
  say(r.elapsed, took(job))
  say(r.when, when(job.created_at))
  r.when.title = `created ${job.created_at}`
}

function paintList() {
  const none = jobs.size === 0
  $('empty').hidden = !none
  if (none) $('empty').replaceChildren(...(filter ? [`No job is ${filter}.`] : ['No jobs yet. Submit one from a notebook, or from the command line:', h('code', {}, 'jobtrack submit transcribe talk.wav')]))
  $('older').hidden = !more
}

// Nodes, counts

function paintFilters() {
  const counts = server.jobs ?? {}, all = STATUSES.reduce((n, s) => n + (counts[s] ?? 0), 0)
  for (const [status, button] of filters) {
    button.setAttribute('aria-pressed', String(filter === status))
    say(button.lastChild, String(status ? counts[status] ?? 0 : all))
  }
  document.title = counts.running ? `${counts.running} running · jobtrack` : 'jobtrack'
}
const filters = new Map(['', ...STATUSES].map(s => [s, h('button', {type: 'button', onclick: () => choose(s)}, s || 'all', h('span', {cls: 'n'}))]))
$('filters').append(...filters.values())

function choose(status) {
  filter = status
  for (const [id, job] of [...jobs]) if (filter && job.status !== filter) drop(id)
  paintFilters()
  load('').catch(e => toast(e.message))   // the first page
}

// The counts of jobs and the nodes' cards, read and painted together: they speak of the same jobs.
let surveying = null
function survey() { return surveying ??= readOverview().finally(() => { surveying = null }) }

async function readOverview() {
  const health = await read('health'), manager = health.service?.includes('manager')
  const found = manager ? await read('api/nodes') : []
  server = health
  nodes = found
  skew = server.timestamp - Date.now() / 1000
  document.body.classList.toggle('one-machine', !manager)
  const online = nodes.filter(n => n.status === 'online').length
  const about = manager ? `${online} of ${nodes.length} nodes online` : server.slots ? `${server.slots} at a time` : ''
  say($('server'), [manager ? 'manager' : 'node', server.version, about].filter(Boolean).join(' · '))
  $('server').title = visible(server.workspace ?? '')
  $('nodes').hidden = !manager
  $('node-list').replaceChildren(...nodes.map(nodeCard))
  if (manager && !nodes.length) $('node-list').append(h('li', {cls: 'quiet'}, 'No nodes yet. Start the manager with --node http://…'))
  paintFilters()
  for (const job of jobs.values()) paintRow(job)
}

function nodeCard(n) {
  const facts = [n.gpu, n.location, `${n.host}:${n.apiPort}`].filter(Boolean).join(' · ')
  return h('li', {cls: 'node', data: {state: n.status}}, h('div', {cls: 'line'}, h('b', {}, h('bdi', {}, String(n.name))), h('span', {cls: 'status', data: {status: n.status}}, n.status)),
    h('span', {cls: 'quiet'}, facts), h('div', {cls: 'quiet'}, busy(n)))
}

// What a node has to do: the jobs of this manager, and what others have given it as far as it was last heard to say.
function busy(n) {
  const active = n.activeJobs ?? n.jobs ?? 0, there = n.jobsThere ?? {}
  const more = (there.running ?? 0) + (there.pending ?? 0) - active
  const jobs = `${active} active job${active === 1 ? '' : 's'}` + (more > 0 ? `, ${more} more on the node` : '')
  if (n.status !== 'offline') return jobs
  return [n.lastSeen ? `last seen ${when(n.lastSeen)}` : 'not seen yet', jobs].join(' · ')
}

// Details of one job

async function showDetails(id) {
  open?.close()
  const d = open = {id, job: jobs.get(id) ?? null, seen: new Set(), logAt: 0, close() { open = null; rows.get(id)?.li.classList.remove('chosen') }}
  makeDetails(d)
  $('details').hidden = false
  document.querySelector('main').classList.add('with-details')
  try {
    const job = record(await read(at(id)))
    if (open !== d) return
    put(job)
    $('details-title').focus({preventScroll: true})
    if (matchMedia('(max-width: 800px)').matches) scrollTo(0, 0)
    await Promise.all([(async () => { for (const e of (await read(at(id, '/history'))).events) addEvent(d, e) })(), readLog(d)])
  } catch (e) {
    if (open !== d) return
    toast(e.status === 404 ? `There is no job ${id}` : e.message)
    if (e.status === 404) location.hash = ''
  }
}

function hideDetails() {
  const id = open?.id
  open?.close()
  $('details').hidden = true
  $('details').replaceChildren()
  document.querySelector('main').classList.remove('with-details')
  rows.get(id)?.name.focus()
}

function makeDetails(d) {
  d.status = h('span', {cls: 'status'})
  d.title = h('h2', {id: 'details-title', tabindex: -1}, h('bdi', {}))
  d.meter = makeMeter()
  d.elapsed = h('span', {cls: 'time quiet'})
  d.notes = h('section', {hidden: true})
  d.outputs = h('ul', {cls: 'outputs'})
  d.files = h('section', {hidden: true}, h('h3', {}, 'Files'), d.outputs)
  d.events = h('ol', {cls: 'events'})
  d.log = h('pre', {cls: 'log', tabindex: 0, role: 'log', 'aria-label': 'end of the log'})
  d.follow = h('span', {cls: 'quiet', role: 'status'})
  d.log.addEventListener('scroll', () => { d.held = d.log.scrollHeight - d.log.scrollTop - d.log.clientHeight > 30; say(d.follow, d.held ? HELD : '') })
  d.facts = h('dl')
  d.cancel = h('button', {type: 'button', cls: 'danger', onclick: () => cancelJob(d)}, 'Cancel job')
  d.remove = h('button', {type: 'button', cls: 'danger', onclick: () => deleteJob(d)}, 'Delete')
  $('details').replaceChildren(
    h('header', {}, h('div', {cls: 'line'}, d.title, h('button', {type: 'button', cls: 'close', 'aria-label': 'Close the details', onclick: () => { location.hash = '' }}, '×')),
      h('div', {cls: 'meter'}, h('div', {cls: 'line'}, d.status, d.elapsed), d.meter.bar, d.meter.text), h('div', {cls: 'actions'}, d.cancel, d.remove)),
    d.notes, d.files, h('section', {}, h('h3', {}, 'Time line'), d.events), h('section', {}, h('div', {cls: 'log-head'}, h('h3', {}, 'Log'), d.follow), d.log), h('section', {}, h('h3', {}, 'Facts'), d.facts))
  $('details').scrollTop = 0
}

function paintDetails() {
  const d = open, job = d?.job
  if (!job) return
  say(d.title.firstChild, job.name || job.id)
  say(d.status, job.status)
  mark(d.status, 'status', job.status)
  paintMeter(d.meter, job, [howFar(job), isLive(job) ? job.message : '', job.odd].filter(Boolean).join(' · '))
  say(d.elapsed, (isLive(job) || !took(job) ? '' : 'took ') + took(job))
  d.cancel.hidden = !isLive(job)
  d.remove.hidden = isLive(job)
  rows.get(job.id)?.li.classList.add('chosen')
  const version = JSON.stringify([job.status, job.error, job.failure, job.outputs, job.unreachable_since, job.attempt, job.node, nodes.length])
  if (d.version === version) return
  d.version = version
  try { paintParts(d, job) } catch (e) { d.notes.hidden = false; d.notes.append(h('p', {cls: 'warning'}, `This record cannot be shown whole: ${e.message}`)) }
  if (!isLive(job)) readLog(d)
}

function paintParts(d, job) {
  paintNotes(d, job)
  paintFiles(d, job)
  const facts = {Pipeline: workOf(job), Input: inputOf(job), Node: job.node && `${nodeName(job.node)}`, Attempt: job.max_attempts > 1 || job.attempt > 1 ? `${job.attempt} of ${job.max_attempts}` : null, Priority: job.priority || null,
    Parameters: Object.entries(spec(job).params ?? {}).map(([k, v]) => `${k} = ${JSON.stringify(v)}`).join('\n'), Created: when(job.created_at), Started: job.started_at && when(job.started_at), Ended: job.completed_at && when(job.completed_at), Id: job.id}
  d.facts.replaceChildren(...Object.entries(facts).filter(([, v]) => v).flatMap(([k, v]) => [h('dt', {}, k), h('dd', {cls: ['Id', 'Parameters', 'Input'].includes(k) ? 'mono' : ''}, String(v))]))
}

function paintNotes(d, job) {
  const notes = [], f = job.failure
  if (job.unreachable_since && isLive(job)) notes.push(h('p', {cls: 'warning'}, `No contact with its node since ${when(job.unreachable_since)}. It may well be running there.`))
  if (job.status === 'failed') {
    const facts = f ? [f.kind, f.exit_code !== null && f.exit_code !== undefined ? `exit status ${f.exit_code}` : null, f.signal].filter(t => t && !f.message.includes(t)) : []
    notes.push(h('div', {cls: 'failure', role: 'alert'}, h('b', {}, (f?.message ?? job.error ?? 'Failed') + (facts.length ? ` (${facts.join(', ')})` : '')), f?.hint && !f.message.includes(f.hint) ? h('span', {}, `Hint: ${f.hint}`) : null))
  }
  if (job.status === 'cancelled' && f) notes.push(h('p', {cls: 'warning'}, [f.message, f.hint].filter(Boolean).join('. ')))
  d.notes.hidden = !notes.length
  d.notes.replaceChildren(...notes)
}

function paintFiles(d, job) {
  d.files.hidden = job.status !== 'completed' || !(job.outputs ?? []).length
  d.outputs.replaceChildren(...(job.outputs ?? []).map(o => {
    const href = at(job.id, '/download/' + o.name.split('/').map(encodeURIComponent).join('/'))
    return h('li', {}, h('span', {cls: 'name', title: o.sha256 ? `sha256 ${o.sha256}` : ''}, h('bdi', {}, o.name)), h('span', {cls: 'quiet'}, size(o.size)),
      h('a', {cls: 'button', href, download: o.name.split('/').pop(), 'aria-label': `Download ${o.name}`, onclick: e => fetchFile(e, href, o)}, 'Download'))
  }))
}

// A link cannot show a token, so where there is one the file comes by `fetch` and is handed to the browser.
async function fetchFile(click, href, output) {
  if (!sessionStorage.getItem(KEY)) return
  click.preventDefault()
  const link = click.target
  say(link, 'Fetching …')
  try {
    const url = URL.createObjectURL(await (await ask(href)).blob())
    h('a', {href: url, download: output.name.split('/').pop()}).click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
  } catch (e) { toast(`${output.name}: ${e.message}`) }
  say(link, 'Download')
}

function addEvent(d, e) {
  const there = e.type === 'remote' ? e.data ?? {} : null, key = e.seq
  if (d.seen.has(key)) return
  d.seen.add(key)
  const told = there ? {type: there.type, at: there.at, data: there.data, attempt: there.attempt} : e
  const text = there ? `on the node: ${event(told).replace(/^./, c => c.toLowerCase())}` : event(e)
  const li = h('li', {data: {type: told.type, seq: e.seq, at: told.at}, cls: there ? 'there' : ''}, h('span', {cls: 'what'}, text), h('span', {cls: 'gap'}),
    h('time', {datetime: told.at, title: told.at}, new Date(told.at).toLocaleTimeString()))
  const next = [...d.events.children].find(x => Number(x.dataset.seq) > e.seq)
  d.events.insertBefore(li, next ?? null)
  for (const x of [li, next]) {   // how long after the one before
    const gap = x?.previousElementSibling ? seconds(x.dataset.at) - seconds(x.previousElementSibling.dataset.at) : 0
    if (x) say(x.children[1], gap >= 1 ? `+${span(gap)}` : '')
  }
}

// Of lines that only tell how far it is, one after the other, the last.
const PERCENT = /^\s*(progress\W*)?\d+([.,]\d+)? ?%\s*$/i
const folded = log => log.split('\n').filter((line, n, all) => !PERCENT.test(line) || !PERCENT.test(all[n + 1] ?? '')).join('\n')
const HELD = 'held; scroll to the end to follow'

async function readLog(d) {
  if (d.reading) { d.again = true; return }
  d.reading = true
  try {
    const text = folded(await (await patiently(at(d.id, '/logs?tail=300'))).text())
    if (open !== d) return
    const held = d.held
    say(d.follow, held ? HELD : '')
    say(d.log, text || (d.job && isLive(d.job) ? 'Nothing yet.' : 'It printed nothing.'))
    if (!held) d.log.scrollTop = d.log.scrollHeight
  } catch (e) { if (open === d && e.status && e.status !== 404) say(d.follow, `cannot be read now: ${e.message}`) }   // what was read stays
  finally {
    setTimeout(() => { d.reading = false; if (d.again && open === d) { d.again = false; readLog(d) } }, 700)
  }
}

function confirmed(parts, no, yes) {
  const [keep, go] = $('confirm').querySelectorAll('button')
  $('confirm-text').replaceChildren(h('span', {}, ...parts))
  say(keep, no)
  say(go, yes)
  $('confirm').returnValue = 'no'
  $('confirm').showModal()
  return new Promise(done => { $('confirm').onclose = () => done($('confirm').returnValue === 'yes') })
}

async function cancelJob(d) {
  const name = () => named(d.job)
  if (!await confirmed(['Cancel “', name(), '”? What it has done so far is lost.'], 'Let it go on', 'Cancel the job')) return
  d.cancel.disabled = true
  say(d.cancel, 'Cancelling …')
  try {
    const answer = await ask(at(d.id, '/cancel'), {method: 'POST'})
    const how = answer.status === 202 ? '” is to be cancelled. Its node is silent; it is stopped as soon as it answers.' : '” was cancelled.'
    toast('“', name(), how)
    put(record(await answer.json()))
  } catch (e) { toast(e.message); stale.add(d.id); flush() }
  d.cancel.disabled = false
  say(d.cancel, 'Cancel job')
}

async function deleteJob(d) {
  const name = () => named(d.job)
  if (!await confirmed(['Delete “', name(), '” from the record? Its history and log go with it.'], 'Keep it', 'Delete')) return
  try {
    await ask(at(d.id), {method: 'DELETE'})
    drop(d.id)
    toast('“', name(), '” was deleted.')
    if (open === d) location.hash = ''
    paintList()
    surveyNow()
  } catch (e) { toast(e.message) }
}

// Live

function hear(e) {
  if (e.seq) cursor = e.seq
  if (e.job_id) e.job_id = String(e.job_id)
  const job = jobs.get(e.job_id) ?? (open?.id === e.job_id ? open.job : null)
  if (e.type === 'deleted' && !e.job_id) {
    for (const id of e.data.jobs) drop(id)
    if (e.data.jobs.includes(open?.id)) location.hash = ''
    paintList()
  } else if (e.type === 'progress') {
    if (!job || job.status !== 'running') return
    Object.assign(job, {progress: e.data.percent, message: e.data.message})
    if (rows.has(job.id)) paintRow(job)
    if (open?.id === job.id) { open.job = job; paintDetails() }
  } else if (e.type === 'log') {
    if (open?.id === e.job_id) readLog(open)
  } else {
    if (open?.id === e.job_id) addEvent(open, e)
    stale.add(e.job_id)
    flushSoon ??= setTimeout(flush, 150)
  }
}

let flushSoon = null
async function flush() {
  flushSoon = null
  const ids = [...stale]
  stale.clear()
  try {
    if (ids.length > 10) await load()
    await Promise.all(ids.filter(id => ids.length <= 10 || id === open?.id).map(renew))
    paintList()
    surveySoon ??= setTimeout(surveyNow, 2000)
  } catch (e) {
    for (const id of ids) stale.add(id)
    if (e.status) flushSoon ??= setTimeout(flush, 3000)   // else the stream's loop loads anew once the server is back
  }
}

async function renew(id) {
  try { put(record(await read(at(id)))) } catch (e) { if (e.status === 404) drop(id); else throw e }
}

let surveySoon = null
function surveyNow() {
  surveySoon = null
  survey().catch(() => {})   // `contact` knows
}

// Hears events for ever, with longer and longer pauses where there is no server; a sign of life ends a pause.
async function live() {
  for (let pause = 500; ; pause = Math.min(pause * 2, 10_000)) {
    const stop = new AbortController()
    try {
      for await (const e of stream('events', cursor === null ? {} : {'Last-Event-ID': String(cursor)}, stop)) {
        if (e && e.type !== 'resync') { hear(e); continue }   // after a gap all is read anew, as it is at first
        if (e) cursor = e.data.seq
        surveyNow()
        await load()
        if (open) await showAnew(open)
        contact.streaming = true
        contact.reconnect = () => stop.abort()
        lost('')
        pause = 500
      }
      lost('connection closed')
    } catch { lost(contact.trouble || 'no answer from the server') }
    contact.streaming = false
    await new Promise(done => { setTimeout(done, pause); contact.reconnect = done })
    contact.reconnect = () => {}
  }
}

async function showAnew(d) {
  try {
    await renew(d.id)
    for (const past of (await read(at(d.id, '/history'))).events) addEvent(d, past)
    readLog(d)
  } catch (e) { if (e.status !== 404) throw e; location.hash = '' }   // deleted meanwhile
}

function route() {
  const id = new URLSearchParams(location.hash.slice(1)).get('job')
  if (id && id !== open?.id) showDetails(id)
  else if (!id && open) hideDetails()
}

$('older').addEventListener('click', async e => {
  e.target.disabled = true   // a second click would ask for the same page
  try { await loadOlder() } catch (err) { toast(err.message) } finally { e.target.disabled = false }
})
addEventListener('hashchange', route)
addEventListener('keydown', e => { if (e.key === 'Escape' && open && !document.querySelector('dialog[open]')) location.hash = '' })
setInterval(() => {
  if (document.hidden) return
  for (const job of jobs.values()) if (isLive(job)) say(rows.get(job.id).elapsed, took(job))
  if (open?.job && isLive(open.job)) say(open.elapsed, took(open.job))
}, 1000)
setInterval(() => { if (!document.hidden && (nodes.length || !server.timestamp)) surveyNow() }, 10_000)
addEventListener('offline', () => lost('no network'))   // a server on this machine is heard again at once
addEventListener('online', () => contact.reconnect())   // a stream that the network has lost would be waited for

paintFilters()
live()
route()
