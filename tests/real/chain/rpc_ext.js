// SPDX-License-Identifier: Apache-2.0
//
// For chopsticks, which reads it as the body of a function: the state of syncing, which it lacks,
// and a way to pretend. Real nodes answer system_syncState by themselves.
let highest = 0
return {
  system_syncState: async (context) => {
    const current = context.chain.head.number
    return { startingBlock: 0, currentBlock: current, highestBlock: Math.max(current, highest) }
  },
  test_pretendHighest: async (context, [block]) => { highest = block },
}
