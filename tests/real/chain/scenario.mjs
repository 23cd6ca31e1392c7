// SPDX-License-Identifier: Apache-2.0
//
// scenario.mjs URL WATCH-CHAIN MODULES - changes the software that the real runtime approves, as
// its tech committee's motion would, and checks what the substrate source tells. MODULES is the
// folder whose node_modules has @polkadot/api. Ends with "N passed, N failed, 0 skipped".
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

const [url, program, modules] = process.argv.slice(2)
const { ApiPromise, WsProvider } = createRequire(join(modules, 'package.json'))('@polkadot/api')
const provider = new WsProvider(url)
const api = await ApiPromise.create({ provider, noInitWarn: true })
const block = (count = 1) => provider.send('dev_newBlock', [{ count }])
const INVALID = 6, NOT_FOUND = 3, AGAIN = 1

// A call as Root, from the scheduler's agenda of the next block: the runtime itself carries it out.
async function asRoot(call) {
  const next = (await api.rpc.chain.getHeader()).number.toNumber() + 1
  const task = { maybeId: null, priority: 0, call: call.method.toHex(), maybePeriodic: null,
                 origin: { system: 'Root' } }
  await provider.send('dev_setStorage', [{ Scheduler: { Agenda: [[[next], [task]]] } }])
  await block()
}
const original = (await api.query.xxCmix.cmixHashes()).toJSON()
const approve = (changes) => asRoot(api.tx.xxCmix.setCmixHashes({ ...original, ...changes }))
const key = api.query.xxCmix.cmixHashes.key()
const encoded = (await api.rpc.state.getStorage(key)).toHex()
const digest = () => [...crypto.getRandomValues(new Uint8Array(32))]
  .map((byte) => byte.toString(16).padStart(2, '0')).join('')

const lines = []
let wake = () => {}
const watch = spawn(program, [url], { stdio: ['ignore', 'pipe', 'inherit'] })
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

let passed = 0, failed = 0
function check(what, ok) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}`)
  ok ? ++passed : ++failed
}
const named = (field, hex) => (one) => one.approved?.[field] === `blake2s-256:${hex}`

const first = await line((one) => one.standing === 'run')
check('the eight hashes of the genesis are told at once', first &&
  Object.keys(first.approved).length === 8 &&
  Object.entries(first.approved).every(([field, text]) => `0x${text.slice(12)}` === original[field]))
console.log(`       first answer after ${first?.poll_ms} ms; private memory ${first?.private_kb} kB`)

const server = digest()
await approve({ server: `0x${server}` })
check('set_cmix_hashes is told with the block that enacts it', await line(named('server', server)))

// The watcher's own notification may come a little after that of the source: that counts as 0.
const times = []
for (let i = 0; i < 30; ++i) {
  await block()
  const one = await line((found) => found.standing === 'run')
  if (one) times.push(Math.max(0, one.ms_after_notification))
}
times.sort((a, b) => a - b)
check('every finalised head is answered', times.length === 30)
console.log(`       from a head's notification to the answer: median ${times[times.length >> 1]} ms, ` +
  `highest ${times.at(-1)} ms, of ${times.length}`)

await provider.send('test_pretendHighest', [100000])
await block()
const behind = await line((one) => one.standing === 'wait')
check('a syncing node approves nothing', behind && Object.keys(behind.approved).length === 0 &&
  /^still syncing: block \d+ of 100000$/.test(behind.reason))
await provider.send('test_pretendHighest', [0])
check('once in sync it does, without a new head', await line(named('server', server)))

await asRoot(api.tx.system.setStorage([[key, encoded.slice(0, 400)]]))
check('a truncated record is refused', await line((one) => one.failure === INVALID))
const gateway = digest()
await approve({ gateway: `0x${gateway}` })
check('and the next good one is told', await line(named('gateway', gateway)))

await asRoot(api.tx.system.killStorage([key]))
check('a missing record is said', await line((one) => one.failure === NOT_FOUND))
await approve({ server: `0x${server}` })
check('and the next good one is told', await line(named('server', server)))

const zero = '0'.repeat(64)
await approve({ server: `0x${zero}` })
check('an all-zero hash is left to the host to refuse', await line(named('server', zero)))

const head = (await api.rpc.chain.getHeader()).number.toNumber()
await provider.send('dev_setHead', [head - 2])
check('a head that goes back is not believed', await line((one) => one.failure === INVALID))
await approve({ gateway: `0x${gateway}` })
check('and a new connection goes on', await line(named('gateway', gateway)))

watch.kill()
console.log(`${passed} passed, ${failed} failed, 0 skipped`)
process.exit(failed === 0 ? 0 : 1)
