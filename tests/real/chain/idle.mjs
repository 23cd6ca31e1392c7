// SPDX-License-Identifier: Apache-2.0
//
// What a host costs that has nothing to do.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { start } from './chain.mjs'
import { pause } from './host_site.mjs'

/** By thread: its name and how often it was switched to, and from. */
function switches(pid) {
  const found = new Map()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8')
    const number = (field) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)[1])
    found.set(thread, { name: /^Name:\s+(.*)/.exec(text)[1],
      count: number('voluntary_ctxt_switches') + number('nonvoluntary_ctxt_switches') })
  }
  return found
}

/** Prints its memory, then the switches and the system calls of `seconds` each. */
export async function measureIdle(site, seconds, note) {
  const pid = site.host.pid
  const memory = Object.fromEntries(
    [...readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8').matchAll(/^(\w+):\s+(\d+) kB/gm)]
      .map(([, name, value]) => [name, Number(value)]))
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  note(`memory: ${/VmRSS:\s+(.*)/.exec(status)[1]} resident, ${/RssAnon:\s+(.*)/.exec(status)[1]} of ` +
    `it anonymous, ${memory.Private_Clean + memory.Private_Dirty} kB private, ${memory.Pss} kB Pss`)

  await pause(10000) // whatever a start leaves behind comes to rest
  const before = switches(pid)
  await pause(1000 * seconds)
  const after = switches(pid)
  const woken = [...after].map(([thread, { name, count }]) =>
    [`${name} (${thread})`, count - (before.get(thread)?.count ?? 0)]).filter(([, count]) => count)
  note(`${after.size} threads; context switches in ${seconds} s: ` +
    `${woken.reduce((sum, [, count]) => sum + count, 0)} ${JSON.stringify(woken)}`)

  const log = join(site.folder, 'strace.log')
  const strace = start('strace', ['-f', '-tt', '-o', log, '-p', String(pid)], { stdio: 'ignore' })
  strace.on('error', () => note('strace is not installed: system calls are not counted'))
  await pause(1000 * seconds)
  strace.kill('SIGINT')
  await strace.ended
  // What a thread was in when strace came, and when it went, is no call of this time.
  const calls = readFileSync(log, 'utf8').split('\n')
    .filter((line) => line && !/<detached|<unfinished|restart_syscall/.test(line))
  note(`system calls in ${seconds} s: ${calls.length}`)
  for (const line of calls.slice(0, 60))
    note(`${after.get(line.split(' ')[0])?.name} ${line}`)
}
