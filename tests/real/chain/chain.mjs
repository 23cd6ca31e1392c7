// SPDX-License-Identifier: Apache-2.0
//
// The real runtime in chopsticks, and what a test does to it. Of the environment, which `prepare`
// sets: CHAIN_MODULES is the folder whose node_modules has chopsticks and @polkadot/api,
// CHAIN_FOLDER one that has genesis.json.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const { CHAIN_MODULES: modules, CHAIN_FOLDER: folder } = process.env
const { ApiPromise, WsProvider } = createRequire(join(modules, 'package.json'))('@polkadot/api')

/** What this program starts ends with it, however it ends. */
const children = new Set()
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')))
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => process.exit(1))
export function start(program, words, options) {
  const child = spawn(program, words, options)
  children.add(child)
  child.ended = new Promise((resolve) =>
    child.on('exit', (status) => { children.delete(child); resolve(status) }))
  return child
}

export const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})

export class Chain {
  #said = '' // by chopsticks, the end of it

  /** Up when it is returned; a machine that cannot have it is told so, and the test is skipped.
   *  `storage`: [[key, value] ...] of its first block that differ from the genesis. */
  static async start(port, storage = []) {
    const config = { genesis: join(folder, 'genesis.json'), host: '127.0.0.1', port,
                     'build-block-mode': 'Manual', 'mock-signature-host': true }
    if (storage.length) config['import-storage'] = storage
    writeFileSync(join(folder, 'chain.yml'), JSON.stringify(config)) // JSON is YAML
    const rpc = join(dirname(fileURLToPath(import.meta.url)), 'rpc_ext.js')
    const chain = new Chain()
    chain.url = `ws://127.0.0.1:${port}`
    chain.process = start('node', [join(modules, 'node_modules/.bin/chopsticks'), '-c',
      join(folder, 'chain.yml'), `--unsafe-rpc-methods=${rpc}`], { stdio: ['ignore', 'pipe', 'pipe'] })
    if (!await chain.#listening()) {
      console.log(chain.#said)
      console.log('skipped: chopsticks does not start here')
      process.exit(77)
    }
    chain.provider = new WsProvider(chain.url)
    chain.api = await ApiPromise.create({ provider: chain.provider, noInitWarn: true })
    chain.key = chain.api.query.xxCmix.cmixHashes.key()
    chain.original = (await chain.api.query.xxCmix.cmixHashes()).toJSON()
    return chain
  }

  #listening() {
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), 120000)
      const take = (bytes) => {
        this.#said = (this.#said + bytes).slice(-1000)
        if (!this.#said.includes('RPC listening')) return
        clearTimeout(limit)
        resolve(true)
      }
      this.process.stdout.on('data', take)
      this.process.stderr.on('data', take)
      this.process.ended.then(() => { clearTimeout(limit); resolve(false) })
    })
  }

  async kill() {
    await this.api.disconnect()
    this.process.kill('SIGKILL')
    await this.process.ended
  }

  block() { return this.provider.send('dev_newBlock', [{ count: 1 }]) }
  async height() { return (await this.api.rpc.chain.getHeader()).number.toNumber() }
  /** The approved software as the chain has it, encoded. */
  async encoded() { return (await this.api.rpc.state.getStorage(this.key)).toHex() }

  /** A call as Root, from the scheduler's agenda of the next block: the runtime itself carries it
   *  out. That block is there when this ends. */
  async asRoot(call) {
    const task = { maybeId: null, priority: 0, call: call.method.toHex(), maybePeriodic: null,
                   origin: { system: 'Root' } }
    const next = await this.height() + 1
    await this.provider.send('dev_setStorage', [{ Scheduler: { Agenda: [[[next], [task]]] } }])
    await this.block()
  }

  /** set_cmix_hashes with what the chain began with, but for `changes`: {server: "0x..."}. */
  approve(changes) {
    return this.asRoot(this.api.tx.xxCmix.setCmixHashes({ ...this.original, ...changes }))
  }
  /** The validators at these places are disabled from the next block on, which is made. */
  async disable(places) {
    await this.provider.send('dev_setStorage', [{ Session: { DisabledValidators: places } }])
    await this.block()
  }
  /** The committee has one motion under way, for this call, or none; a block with it is made. */
  async move(call, index) {
    const committee = this.api.query.technicalCommittee
    const hash = call?.method.hash.toHex()
    const values = call
      ? [[committee.proposalOf.key(hash), call.method.toHex()],
         [committee.voting.key(hash), this.api.createType('PalletCollectiveVotes',
           { index, threshold: 2, ayes: [], nays: [], end: 1000000 }).toHex()]]
      : []
    values.push([committee.proposals.key(), this.api.createType('Vec<H256>', call ? [hash] : []).toHex()])
    await this.provider.send('dev_setStorage', [values])
    await this.block()
  }
  /** The scheduler is to carry out the call, as Root, in that block, or nothing. */
  async schedule(height, call) {
    const task = call && { maybeId: null, priority: 0, call: call.method.toHex(), maybePeriodic: null,
                           origin: { system: 'Root' } }
    await this.provider.send('dev_setStorage', [{ Scheduler: { Agenda: [[[height], call ? [task] : null]] } }])
    await this.block()
  }
  /** What the chain has becomes too short to be read. */
  async truncate() {
    const short = (await this.encoded()).slice(0, 400)
    return this.asRoot(this.api.tx.system.setStorage([[this.key, short]]))
  }
  remove() { return this.asRoot(this.api.tx.system.killStorage([this.key])) }
  /** As if other nodes were at block `highest`; 0: this one is in sync. */
  pretendHighest(highest) { return this.provider.send('test_pretendHighest', [highest]) }
}

/** Counts checks. */
export class Checks {
  #passed = 0
  #failed = 0
  check(what, ok) {
    console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}`)
    ok ? ++this.#passed : ++this.#failed
  }
  note(text) { console.log(`       ${text}`) }
  end() {
    console.log(`${this.#passed} passed, ${this.#failed} failed, 0 skipped`)
    process.exit(this.#failed === 0 ? 0 : 1)
  }
}
