// SPDX-License-Identifier: Apache-2.0
//
// One machine for the host, in a folder: its configuration, the network's store of binaries behind
// HTTP, and what an operator's commands say.
import { execFile } from 'node:child_process'
import { createReadStream, existsSync, mkdirSync, openSync, readFileSync, readdirSync, readlinkSync,
         writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { start } from './chain.mjs'

const run = promisify(execFile)
export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds))

export class Site {
  /** Every request for a file, in order. */
  fetches = []

  static async make(program, node, folder, chainUrl) {
    const site = Object.assign(new Site(), { program, node, folder, config: join(folder, 'host.toml') })
    for (const name of ['bin', 'store/server']) mkdirSync(join(folder, name), { recursive: true })
    const port = await site.#serveStore()
    writeFileSync(site.config, `
[host]
state-dir             = "${folder}/state"
runtime-dir           = "${folder}/run"
keep-services-on-exit = true
[consensus-source.chain]
plugin    = "substrate"
endpoints = ["${chainUrl}"]
[binary-source.store]
plugin = "http"
url    = "http://127.0.0.1:${port}/{target}/{digest}"
[process-runner.local]
plugin = "posix"
[log-backend.disk]
plugin = "file"
path   = "${folder}/shipped/{stream}.log"
[component.server]
path        = "${folder}/bin/node"
approved-by = "chain"
from        = "store"
[service.node]
runner       = "local"
command      = ["${folder}/bin/node", "--every", "3600000"]
components   = ["server"]
start-when   = "ready"
stop-timeout = "10s"
[log.node]
path  = "${folder}/node.log"
to    = ["disk"]
event = "level-word"
`)
    mkdirSync(join(folder, 'shipped'))
    process.on('exit', () => site.#killNodes())
    return site
  }

  #serveStore() {
    const server = createServer((request, response) => {
      this.fetches.push(request.url)
      const file = join(this.folder, 'store', request.url)
      if (/^\/server\/[0-9a-f]{64}$/.test(request.url) && existsSync(file))
        return createReadStream(file).pipe(response)
      response.writeHead(404).end()
    })
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => resolve(server.address().port)))
  }

  /** Nodes outlive their host: those that are still there go with the test. */
  #killNodes() {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const file = readlinkSync(`/proc/${pid}/exe`)
        if (file.startsWith(`${this.folder}/`)) process.kill(Number(pid), 'SIGKILL')
      } catch { /* it is gone, or not ours to look at */ }
    }
  }

  /** Makes a version of the node; its digest. `forged`: what the store has of it is another file. */
  async publish(version, forged = false) {
    const bytes = Buffer.concat([readFileSync(this.node),
                                 Buffer.from(`demo-node version: ${version}\n`)])
    const file = join(this.folder, `version-${version}`)
    writeFileSync(file, bytes)
    const digest = /[0-9a-f]{64}/.exec((await run(this.program, ['digest', file])).stdout)[0]
    if (forged) bytes[bytes.length >> 1] ^= 1
    writeFileSync(join(this.folder, 'store/server', digest), bytes)
    return digest
  }

  startHost() {
    const output = openSync(join(this.folder, 'host.log'), 'a')
    this.host = start(this.program, ['run', '-c', this.config], { stdio: ['ignore', output, output] })
  }
  async endHost(signal) {
    this.host.kill(signal)
    return this.host.ended
  }
  hostLog() { return readFileSync(join(this.folder, 'host.log'), 'utf8') }

  /** Undefined while no host answers. */
  async status() {
    try {
      return JSON.parse((await run(this.program, ['status', '--json', '-c', this.config])).stdout)
    } catch { return undefined }
  }
  async history() {
    const words = ['history', '--json', '-n', '1000', '-c', this.config]
    return JSON.parse((await run(this.program, words)).stdout)
  }

  /** The first status that is as wanted; undefined, and the last one shown, after `seconds`. */
  async until(wanted, seconds = 40) {
    let last
    for (const end = Date.now() + 1000 * seconds; Date.now() < end; await pause(50)) {
      last = await this.status()
      if (last && wanted(last)) return last
    }
    console.log(`waited in vain; the status is ${JSON.stringify(last)}\n${this.hostLog()}`)
  }
  /** The same for the first entry of the history. */
  async untilHistory(wanted, seconds = 40) {
    for (const end = Date.now() + 1000 * seconds; Date.now() < end; await pause(50)) {
      const entry = (await this.history()).find(wanted)
      if (entry) return entry
    }
    console.log(`waited in vain; the history is ${JSON.stringify(await this.history())}`)
  }

  /** Whether `pid` runs this version: told by the kernel and by the program itself. */
  runs(pid, version) {
    return readlinkSync(`/proc/${pid}/exe`) === `${this.folder}/bin/node` &&
      readFileSync(join(this.folder, 'node.log'), 'utf8')
        .includes(`demo-node version ${version} started, pid ${pid}\n`)
  }
}
