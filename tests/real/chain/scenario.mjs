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

const server = digest()
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
