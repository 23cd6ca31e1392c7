// SPDX-License-Identifier: Apache-2.0
//
// scenario.mjs WATCH-CHAIN - changes the software that the real runtime approves, as its tech
// committee's motion would, and checks what the substrate source tells. Ends with
// "N passed, N failed, 0 skipped".
import { createInterface } from 'node:readline'
import { Chain, Checks, freePort, start } from './chain.mjs'

const INVALID = 6, NOT_FOUND = 3
const chain = await Chain.start(await freePort())
const original = chain.original
const checks = new Checks()
const check = checks.check.bind(checks)
const approve = chain.approve.bind(chain)
const digest = () => [...crypto.getRandomValues(new Uint8Array(32))]
  .map((byte) => byte.toString(16).padStart(2, '0')).join('')

const lines = []
let wake = () => {}
const watch = start(process.argv[2], [chain.url], { stdio: ['ignore', 'pipe', 'inherit'] })
createInterface({ input: watch.stdout }).on('line', (line) => { lines.push(JSON.parse(line)); wake() })

// The first line from now on that is as wanted; undefined after half a minute.
async function line(wanted) {
  const end = Date.now() + 30000
  for (let at = 0; Date.now() < end;) {
    while (at < lines.length) {
      const one = lines[at++]
      if (wanted(one)) { lines.splice(0, at); return one }
    }
    await new Promise((resolve) => { wake = resolve; setTimeout(resolve, 1000) })
  }
}

const named = (field, hex) => (one) => one.approved?.[field] === `blake2s-256:${hex}`

const first = await line((one) => one.standing === 'run')
check('the eight hashes of the genesis are told at once', first &&
  Object.keys(first.approved).length === 8 &&
  Object.entries(first.approved).every(([field, text]) => `0x${text.slice(12)}` === original[field]))
checks.note(`first answer after ${first?.poll_ms} ms; private memory ${first?.private_kb} kB`)

// Beside it one that is to be a validator: the first of the session, by its ledger's id.
const { query, tx } = chain.api
const [stash] = await query.session.validators()
const controller = (await query.staking.bonded(stash)).unwrap()
const id = (await query.staking.ledger(controller)).unwrap().cmixId.unwrap().toHex()
const seen = []
const validator = start(process.argv[2], [chain.url, '3600', id], { stdio: ['ignore', 'pipe', 'inherit'] })
createInterface({ input: validator.stdout }).on('line', (text) => seen.push(JSON.parse(text)))
async function judged(wanted) {
  const end = Date.now() + 30000
  while (Date.now() < end) {
    if (seen.splice(0).some(wanted)) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const runs = (one) => one.standing === 'run'
check('the node of an active validator may run', await judged(runs))
await chain.disable([7, 0])
check('a disabled one waits, with the approvals', await judged((one) => one.standing === 'wait' &&
  /but disabled$/.test(one.reason) && Object.keys(one.approved).length === 8))
await chain.disable([99, 3])
check('positions of others, and of nobody, change nothing', await judged(runs))
validator.kill()
lines.length = 0

const server = digest()
const hashes = { ...original, server: `0x${server}` }
const announces = (height, why) => (one) => one.announced?.length === 1 &&
  one.announced[0].target === 'server' && one.announced[0].digest === `blake2s-256:${server}` &&
  one.announced[0].height === height && one.announced[0].why === why
await chain.move(tx.utility.batchAll([tx.system.remark('0x01'), tx.xxCmix.setCmixHashes(hashes)]), 12)
check("a motion of the technical committee announces what it would change",
  await line(announces(0, 'motion #12 of the technical committee')))
await chain.move()
check('one that is over does not', await line((one) => one.announced?.length === 0))
const block = await chain.height() + 50
await chain.schedule(block, tx.xxCmix.setCmixHashes(hashes))
check("the scheduler's agenda does, with the block", await line(announces(block, `scheduled for block ${block}`)))
await chain.schedule(block)
check('a call that is cancelled does not', await line((one) => one.announced?.length === 0))
check("the committee's mandate is shown", /^block 2629800 \(\d+ blocks left\)$/.test(first?.facts.admin_permission))

await approve({ server: `0x${server}` })
check('set_cmix_hashes is told with the block that enacts it', await line(named('server', server)))

// The watcher's own notification may come a little after that of the source: that counts as 0.
const times = []
for (let i = 0; i < 30; ++i) {
  await chain.block()
  const one = await line((found) => found.standing === 'run')
  if (one) times.push(Math.max(0, one.ms_after_notification))
}
times.sort((a, b) => a - b)
check('every finalised head is answered', times.length === 30)
checks.note(`from a head's notification to the answer: median ${times[times.length >> 1]} ms, ` +
  `highest ${times.at(-1)} ms, of ${times.length}`)

await chain.pretendHighest(100000)
await chain.block()
const behind = await line((one) => one.standing === 'wait')
check('a syncing node approves nothing', behind && Object.keys(behind.approved).length === 0 &&
  /^still syncing: block \d+ of 100000$/.test(behind.reason))
await chain.pretendHighest(0)
check('once in sync it does, without a new head', await line(named('server', server)))

await chain.truncate()
check('a truncated record is refused', await line((one) => one.failure === INVALID))
const gateway = digest()
await approve({ gateway: `0x${gateway}` })
check('and the next good one is told', await line(named('gateway', gateway)))

await chain.remove()
check('a missing record is said', await line((one) => one.failure === NOT_FOUND))
await approve({ server: `0x${server}` })
check('and the next good one is told', await line(named('server', server)))

const zero = '0'.repeat(64)
await approve({ server: `0x${zero}` })
check('an all-zero hash is left to the host to refuse', await line(named('server', zero)))

const head = await chain.height()
await chain.provider.send('dev_setHead', [head - 2])
check('a head that goes back is not believed', await line((one) => one.failure === INVALID))
await approve({ gateway: `0x${gateway}` })
check('and a new connection goes on', await line(named('gateway', gateway)))

checks.end()
