// SPDX-License-Identifier: Apache-2.0
//
// host_scenario.mjs CMIX-WRAPPER DEMO-NODE FOLDER IDLE - runs the host on the real runtime and
// checks what it makes of all that a chain may say, or not say. IDLE: seconds to measure it with
// nothing to do, 0 for none. Ends with "N passed, N failed, 0 skipped".
import { Chain, Checks, freePort } from './chain.mjs'
import { Site } from './host_site.mjs'
import { measureIdle } from './idle.mjs'

const [program, node, folder, idle] = process.argv.slice(2)
const port = await freePort()
let chain = await Chain.start(port)
const site = await Site.make(program, node, folder, chain.url)
const checks = new Checks()
const check = checks.check.bind(checks)
const note = checks.note.bind(checks)

const hex = (digest) => `0x${digest}`
// Of a status; of none, after waiting in vain, nothing.
const server = (status) => status?.components.server ?? {}
const consensus = (status) => status?.consensus.chain ?? {}
const service = (status) => status?.services.node ?? {}
const answers = (status) => consensus(status).state === 'ok' && !consensus(status).reason
const remade = (status) => status?.plugins.chain.reinitialisations
const running = (digest) => (status) => service(status).state === 'running' &&
  server(status).state === 'current' && server(status).installed === digest
const pidNow = async () => service(await site.status()).pid
/** Once the host has seen the chain's newest block. */
const atHead = async () => {
  const height = await chain.height()
  return site.until((s) => consensus(s).block === height)
}

/** What lies between the block that approves `digest` and the first process that runs it. */
async function timing(digest, enacted) {
  const entries = (await site.history()).sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
  const at = entries.findIndex((e) => e.event === 'approved' && e.to === digest)
  const after = (event) => Date.parse(entries.slice(at).find((e) => e.event === event)?.time)
  note(`from the block: seen after ${after('approved') - enacted} ms, fetched after ` +
    `${after('fetched') - enacted} ms, the new pid after ${after('started') - enacted} ms`)
  note(`history says: ${entries.find((e) => e.event === 'activated' && e.to === digest)?.why}`)
}

// What the chain begins with names binaries that nobody here has.
site.startHost()
const genesis = chain.original.server.slice(2)
const without = await site.until((s) => server(s).approved === genesis && server(s).reason)
check('a binary that nobody has: nothing runs, the reason is told, the host goes on', without &&
  ['failed', 'fetching'].includes(server(without).state) && /404/.test(server(without).reason) &&
  server(without).installed === null && service(without).pid === null &&
  site.host.exitCode === null)
note(`${server(without).state}: ${server(without).reason}`)

const v1 = await site.publish('1')
await chain.approve({ server: hex(v1) })
let enacted = Date.now()
const first = await site.until(running(v1))
check('what set_cmix_hashes names is fetched, verified and run', first &&
  site.runs(service(first).pid, '1') && server(first).approved === v1 &&
  site.fetches.filter((url) => url === `/server/${v1}`).length === 1)
check('status tells the endpoint and the block', first &&
  consensus(first).endpoint === chain.url && consensus(first).block === await chain.height() &&
  consensus(first).synced && consensus(first).ready && consensus(first).approved.server === v1)
await timing(v1, enacted)

const v2 = await site.publish('2')
await chain.approve({ server: hex(v2) })
enacted = Date.now()
const second = await site.until(running(v2))
check('the next version replaces it', second && service(second).pid !== service(first).pid &&
  site.runs(service(second).pid, '2'))
await timing(v2, enacted)
const pid = service(second).pid

const forged = await site.publish('3', true)
await chain.approve({ server: hex(forged) })
const refused = await site.untilHistory((e) => e.event === 'refused' && e.to === forged)
const afterForged = await site.status()
check('a forged binary is refused, and what runs goes on', refused && await pidNow() === pid &&
  server(afterForged).installed === v2 && !server(afterForged).kept.includes(forged) &&
  site.runs(pid, '2'))
note(`history says: ${refused?.why}`)

const before = remade(await site.status())
const value = await chain.encoded()
const key = chain.key
await chain.kill()
const alone = await site.until((s) => consensus(s).state !== 'ok' && remade(s) > before)
check('the chain goes: that is told, and what runs goes on', alone && service(alone).pid === pid &&
  consensus(alone).reason && consensus(alone).approved.server === forged)
note(`${consensus(alone).state}: ${consensus(alone).reason}`)
chain = await Chain.start(port, [[key, value]])
const back = await site.until(answers, 70)
check('it is back: consensus recovers by itself, and what runs goes on', back &&
  remade(back) > before && service(back).pid === pid && consensus(back).approved.server === forged)
note(`the plugin was made anew ${remade(back) - before} times`)
const v4 = await site.publish('4')
await chain.approve({ server: hex(v4) })
const fourth = await site.until(running(v4))
check('a later approval is followed', fourth && site.runs(service(fourth).pid, '4'))
const pid4 = service(fourth).pid

for (const [what, change] of [['truncated', () => chain.truncate()], ['missing', () => chain.remove()]]) {
  await change()
  const bad = await site.until((s) => consensus(s).state !== 'ok' && consensus(s).reason)
  const told = await site.untilHistory((e) => e.kind === 'consensus' && e.event === 'failed' &&
    e.why === consensus(bad).reason)
  check(`a ${what} record is told and changes nothing`, bad && told && running(v4)(bad) &&
    server(bad).approved === v4 && service(bad).pid === pid4)
  note(consensus(bad).reason)
  await chain.approve({ server: hex(v4) })
  const good = await site.until(answers, 70)
  check('and a good one again is understood', good && service(good).pid === pid4)
}

const v5 = await site.publish('5')
await chain.pretendHighest(100000)
await chain.approve({ server: hex(v5) })
const syncing = await atHead()
check('while the chain syncs, what it says is not followed', syncing && !consensus(syncing).synced &&
  server(syncing).approved === v4 && service(syncing).pid === pid4 &&
  !site.fetches.includes(`/server/${v5}`))
note(consensus(syncing).reason)
await chain.pretendHighest(0)
const fifth = await site.until(running(v5))
check('once it is in sync, it is', fifth && site.runs(service(fifth).pid, '5'))
const pid5 = service(fifth).pid

const fetches = site.fetches.length
const ended = await site.endHost('SIGTERM')
site.startHost()
const again = await site.until((s) => running(v5)(s) && consensus(s).block)
check('a new host adopts what runs and fetches nothing', ended === 0 && again &&
  service(again).pid === pid5 && again.pid !== fifth.pid && site.fetches.length === fetches)
const lastValue = await chain.encoded()
await chain.kill()
await site.endHost('SIGKILL')
site.startHost()
const blind = await site.until((s) => running(v5)(s) && consensus(s).reason)
check('so it does after a crash and without a chain', blind && service(blind).pid === pid5 &&
  server(blind).approved === v5 && consensus(blind).block === null)
chain = await Chain.start(port, [[key, lastValue]])
const seeing = await site.until((s) => answers(s) && consensus(s).ready, 70)
check('and when the chain is back', seeing && running(v5)(seeing) && service(seeing).pid === pid5 &&
  site.fetches.length === fetches)

if (Number(idle) > 0) await measureIdle(site, Number(idle), note)
checks.end()
