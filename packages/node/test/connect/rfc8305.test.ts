/** Happy Eyeballs to the millisecond. Titles cite the section of RFC 8305 that they hold, where it has one. */
import { type Plan, World, hostError } from './world.ts'

const refused = hostError('ECONNREFUSED')

function connecting(plan: Plan) {
  const world = new World(plan)
  return { ...world.run(), world, dials: world.dials }
}

describe('the lookups (§3)', () => {
  test('ask for AAAA first, then for A in the same instant, and neither waits for the other', () => {
    const { world } = connecting({
      ipv6: { after: 100, gives: ['6a'] },
      ipv4: { after: 100, gives: [] },
      addresses: { '6a': {} },
    })
    expect(world.log('resolve')).toEqual(['0 resolve 6', '0 resolve 4'])
  })

  test('a positive AAAA answer starts at once, and does not wait for A', () => {
    const { dials, at } = connecting({ ipv6: { after: 7, gives: ['6a'] }, addresses: { '6a': { after: 1 } } })
    expect(dials).toEqual(['7 6a'])
    expect(at).toBe(8)
  })

  test('a positive A answer waits 50 ms for AAAA, and starts then', () => {
    const { dials } = connecting({ ipv4: { after: 7, gives: ['4a'] }, addresses: { '4a': {} } })
    expect(dials).toEqual(['57 4a'])
  })

  test('a positive AAAA answer that comes while A waits starts at once, with IPv6', () => {
    const { dials } = connecting({
      ipv6: { after: 30, gives: ['6a'] },
      ipv4: { after: 7, gives: ['4a'] },
      addresses: { '4a': { after: 1 } },
    })
    expect(dials).toEqual(['30 6a', '280 4a'])
  })

  test.each([
    ['an empty one', { after: 30, gives: [] }],
    ['an error', { after: 30, throws: hostError('ENOTFOUND') }],
  ])('a negative AAAA answer, %s, ends the waiting of A', (_, ipv6) => {
    const { dials } = connecting({ ipv6, ipv4: { after: 7, gives: ['4a'] }, addresses: { '4a': {} } })
    expect(dials).toEqual(['30 4a'])
  })

  test('A starts at once if AAAA was negative before', () => {
    const { dials } = connecting({ ipv6: {}, ipv4: { after: 7, gives: ['4a'] }, addresses: { '4a': {} } })
    expect(dials).toEqual(['7 4a'])
  })

  test('a negative A answer does not end the waiting for AAAA', () => {
    const { dials } = connecting({
      ipv6: { after: 1000, gives: ['6a'] },
      ipv4: { after: 7, gives: [] },
      addresses: { '6a': {} },
    })
    expect(dials).toEqual(['1000 6a'])
  })

  test.each([
    ['in one step', 50],
    ['in several', [20, 30]],
  ])('an AAAA answer at the very instant at which the waiting of A ends, %s, goes first', (_, after) => {
    const { dials } = connecting({
      ipv6: { after, gives: ['6a'] },
      ipv4: { gives: ['4a'] },
      addresses: { '4a': {} },
    })
    expect(dials).toEqual(['50 6a', '300 4a'])
  })

  test('both answers in one instant: IPv6 first, whichever came first', () => {
    for (const [first, second] of [
      [5, [2, 3]],
      [[2, 3], 5],
    ] as const) {
      const { dials } = connecting({
        ipv6: { after: first, gives: ['6a'] },
        ipv4: { after: second, gives: ['4a'] },
        addresses: { '4a': {} },
      })
      expect(dials).toEqual(['5 6a', '255 4a'])
    }
  })

  test('the waiting of A is as long as resolutionDelay says', () => {
    const plan: Plan = { ipv4: { after: 7, gives: ['4a'] }, addresses: { '4a': {} } }
    expect(connecting({ ...plan, resolutionDelay: 0 }).dials).toEqual(['7 4a'])
    expect(connecting({ ...plan, resolutionDelay: 300 }).dials).toEqual(['307 4a'])
    const endless = { ...plan, ipv6: { after: 5000, gives: [] }, resolutionDelay: Infinity }
    expect(connecting(endless).dials).toEqual(['5000 4a'])
  })

  test('addresses that arrive later join in', () => {
    const { dials } = connecting({
      ipv6: { after: 400, gives: ['6a', '6b'] },
      ipv4: { gives: ['4a', '4b', '4c'] },
      addresses: { '4c': {} },
    })
    expect(dials).toEqual(['50 4a', '300 4b', '550 6a', '800 4c'])
  })

  test('addresses that arrive when a start is overdue start at once', () => {
    const { dials } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 400, gives: ['4a', '4b'] },
      addresses: { '4b': {} },
    })
    expect(dials).toEqual(['0 6a', '400 4a', '650 4b'])
  })

  test('addresses that arrive before a start is due wait for it', () => {
    const { dials } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 100, gives: ['4a'] },
      addresses: { '4a': {} },
    })
    expect(dials).toEqual(['0 6a', '250 4a'])
  })

  test('an address that arrives at the very instant at which a start is due takes part in the choice', () => {
    const { dials } = connecting({
      ipv6: { after: [100, 200], gives: ['6a'] },
      ipv4: { gives: ['4a', '4b'] },
      addresses: { '4b': {} },
    })
    expect(dials).toEqual(['50 4a', '300 6a', '550 4b'])
  })

  test('an address that arrives as the latest attempt fails starts in that instant', () => {
    const { dials } = connecting({
      ipv6: { after: [20, 80], gives: ['6a'] },
      ipv4: { gives: ['4a', '4b'] },
      addresses: { '4a': { after: 50, throws: refused }, '6a': {} },
    })
    expect(dials).toEqual(['50 4a', '100 6a'])
  })

  test.each([
    ['192.0.2.1', 4],
    ['2001:db8::1', 6],
    ['::1', 6],
  ])('an IP literal, %s, is not looked up', (host, family) => {
    const { world, dials } = connecting({ host, addresses: { [host]: {} } })
    expect(world.log('resolve')).toEqual([])
    expect(dials).toEqual([`0 ${host}`])
    expect(world.targets).toEqual([{ host, port: 443, address: host, family }])
  })

  test('a lookup that is still under way when a socket opens is cancelled, and waited for', () => {
    const { world, at } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: Infinity, cleanup: 30 },
      addresses: { '6a': { after: 5 } },
    })
    expect(at).toBe(35)
    expect(world.log('cancel', 'end', 'given')).toEqual([
      '5 cancel lookup 4',
      '35 end lookup 4',
      '35 given 6a',
    ])
  })
})

describe('the order (§4)', () => {
  const both: Plan = { ipv6: { gives: ['6a', '6b', '6c'] }, ipv4: { gives: ['4a', '4b', '4c'] } }

  test('begins with IPv6, and alternates; within a family it is that of the resolver', () => {
    const { dials } = connecting({ ...both, addresses: { '4c': {} } })
    expect(dials).toEqual(['0 6a', '250 4a', '500 6b', '750 4b', '1000 6c', '1250 4c'])
  })

  test('the first family goes on for firstFamilyCount attempts', () => {
    const { dials } = connecting({ ...both, firstFamilyCount: 2, addresses: { '4b': {} } })
    expect(dials).toEqual(['0 6a', '250 6b', '500 4a', '750 6c', '1000 4b'])
  })

  test('the first family is that of the first attempt, which may be IPv4', () => {
    const { dials } = connecting({
      ipv6: { after: 60, gives: ['6a', '6b'] },
      ipv4: { gives: ['4a', '4b', '4c'] },
      firstFamilyCount: 2,
      addresses: { '4c': {} },
    })
    expect(dials).toEqual(['50 4a', '300 4b', '550 6a', '800 4c'])
  })

  test('a family with nothing left yields to the other', () => {
    const { dials } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { gives: ['4a', '4b', '4c'] },
      firstFamilyCount: 3,
      addresses: { '4c': {} },
    })
    expect(dials).toEqual(['0 6a', '250 4a', '500 4b', '750 4c'])
  })

  test('after a family has yielded, the next attempt takes the other one than the previous', () => {
    const { dials } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 300, gives: ['4a', '4b'] },
      addresses: { '4b': {} },
    })
    expect(dials).toEqual(['0 6a', '300 4a', '550 4b'])
  })
})

describe('the next start (§5)', () => {
  const plan: Plan = { ipv6: { gives: ['6a', '6b', '6c', '6d'] }, ipv4: {} }

  test('is attemptDelay after the start of the latest attempt', () => {
    const { dials } = connecting({ ...plan, attemptDelay: 100, addresses: { '6c': {} } })
    expect(dials).toEqual(['0 6a', '100 6b', '200 6c'])
  })

  test('is at once when the latest attempt has failed, and counts from there', () => {
    const { dials } = connecting({ ...plan, addresses: { '6a': { after: 20, throws: refused }, '6c': {} } })
    expect(dials).toEqual(['0 6a', '20 6b', '270 6c'])
  })

  test('is never within 10 ms of the previous one', () => {
    for (const after of [0, 1, 9, 10]) {
      const { dials } = connecting({ ...plan, addresses: { '6a': { after, throws: refused }, '6b': {} } })
      expect(dials).toEqual(['0 6a', '10 6b'])
    }
  })

  test.each([0, 1, 9.5, 10])('an attemptDelay of %d counts as 10 (MUST NOT)', (attemptDelay) => {
    const { dials } = connecting({ ...plan, attemptDelay, addresses: { '6c': {} } })
    expect(dials).toEqual(['0 6a', '10 6b', '20 6c'])
  })

  test('with an endless attemptDelay it is only when the latest has failed', () => {
    const { dials } = connecting({
      ...plan,
      attemptDelay: Infinity,
      addresses: { '6a': { after: 90_000, throws: refused }, '6b': {} },
    })
    expect(dials).toEqual(['0 6a', '90000 6b'])
  })

  test.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'ENETUNREACH'])(
    'costs nothing after an attempt that sent nothing: %s in its first instant',
    (code) => {
      const throws = hostError(code)
      const { dials } = connecting({ ...plan, addresses: { '6a': { throws }, '6b': { throws }, '6c': {} } })
      expect(dials).toEqual(['0 6a', '0 6b', '0 6c'])
    }
  )

  test.each(['EAFNOSUPPORT', 'EADDRNOTAVAIL', 'ENETUNREACH'])(
    'keeps its 10 ms after a %s that came later',
    (code) => {
      const { dials } = connecting({
        ...plan,
        addresses: { '6a': { after: 1, throws: hostError(code) }, '6b': {} },
      })
      expect(dials).toEqual(['0 6a', '10 6b'])
    }
  )

  test.each(['ECONNREFUSED', 'EHOSTUNREACH', 'EACCES'])(
    'keeps its 10 ms after any other code: %s',
    (code) => {
      const { dials } = connecting({ ...plan, addresses: { '6a': { throws: hostError(code) }, '6b': {} } })
      expect(dials).toEqual(['0 6a', '10 6b'])
    }
  )

  test.each([
    ['a string', 'no'],
    ['null', null],
    ['an error without a code', new Error('no')],
  ])('keeps its 10 ms after %s was thrown', (_, throws) => {
    const { dials, won } = connecting({ ...plan, addresses: { '6a': { throws }, '6b': {} } })
    expect(dials).toEqual(['0 6a', '10 6b'])
    expect(won).toBe('6b')
  })

  test('the failure of an earlier attempt changes nothing', () => {
    const { dials } = connecting({
      ...plan,
      addresses: { '6a': { after: 260, throws: refused }, '6c': {} },
    })
    expect(dials).toEqual(['0 6a', '250 6b', '500 6c'])
  })

  test('nor does the failure of the latest at the very instant at which the next is due start two', () => {
    for (const after of [250, [100, 150]]) {
      const { dials } = connecting({ ...plan, addresses: { '6a': { after, throws: refused }, '6c': {} } })
      expect(dials).toEqual(['0 6a', '250 6b', '500 6c'])
    }
  })

  test('a failure after the last address was started changes nothing for those that come later', () => {
    const { dials } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 105, gives: ['4a'] },
      addresses: { '6a': { after: 100, throws: refused }, '4a': {} },
    })
    expect(dials).toEqual(['0 6a', '105 4a'])
  })

  test('addresses that come within 10 ms of an attempt that failed wait for the rest of them', () => {
    const { dials } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 4, gives: ['4a'] },
      addresses: { '6a': { after: 2, throws: refused }, '4a': {} },
    })
    expect(dials).toEqual(['0 6a', '10 4a'])
  })
})

describe('the winner', () => {
  const plan: Plan = { ipv6: { gives: ['6a', '6b', '6c'] }, ipv4: {} }

  test('is the first socket; the attempts that still run are cancelled, newest first, and waited for', () => {
    const { world, won, at } = connecting({
      ...plan,
      addresses: {
        '6a': { after: Infinity, cleanup: 30 },
        '6b': { after: Infinity, cleanup: 5 },
        '6c': { after: 1 },
      },
    })
    expect({ won, at }).toEqual({ won: '6c', at: 531 })
    expect(world.lines.slice(-7)).toEqual([
      '501 open 6c',
      '501 cancel attempt 6b',
      '501 cancel attempt 6a',
      '506 end attempt 6b',
      '531 end attempt 6a',
      '531 given 6c',
      '531 destroy 6c',
    ])
  })

  test('nothing starts after it, also not what falls due while the losers close', () => {
    const { dials } = connecting({
      ...plan,
      addresses: { '6a': { after: Infinity, cleanup: 1000 }, '6b': { after: 1 } },
    })
    expect(dials).toEqual(['0 6a', '250 6b'])
  })

  test.each([
    ['in one step', 250],
    ['in several', [100, 150]],
  ])(
    'a socket that opens at the very instant at which the next start is due, %s, comes first',
    (_, after) => {
      const { dials, won, at } = connecting({ ...plan, addresses: { '6a': { after } } })
      expect(dials).toEqual(['0 6a'])
      expect({ won, at }).toEqual({ won: '6a', at: 250 })
    }
  )

  test('a socket that opens between the decision to start and the start comes first, too', () => {
    const { dials, won } = connecting({ ...plan, addresses: { '6a': { after: 250, pauses: 1 } } })
    expect(dials).toEqual(['0 6a'])
    expect(won).toBe('6a')
  })

  test('of two that open in one instant it is the one whose timer was set first; the other is closed once', () => {
    const earlier = connecting({ ...plan, addresses: { '6a': { after: 300 }, '6b': { after: 50 } } })
    expect(earlier.won).toBe('6a')
    expect(earlier.world.sockets.map(({ address, destroyed }) => [address, destroyed])).toEqual([
      ['6a', 1],
      ['6b', 1],
    ])
    const later = connecting({ ...plan, addresses: { '6a': { after: [260, 40] }, '6b': { after: 50 } } })
    expect(later.won).toBe('6b')
    expect(later.world.log('destroy', 'given')).toEqual(['300 destroy 6a', '300 given 6b', '300 destroy 6b'])
  })

  test('a socket and a failure of the latest in one instant: nothing more starts', () => {
    for (const after of [300, [260, 40]]) {
      const { dials, won } = connecting({
        ...plan,
        addresses: { '6a': { after }, '6b': { after: 50, throws: refused } },
      })
      expect(dials).toEqual(['0 6a', '250 6b'])
      expect(won).toBe('6a')
    }
  })

  test('an attempt may open at once', () => {
    expect(connecting({ ...plan, addresses: { '6a': {} } })).toMatchObject({
      at: 0,
      won: '6a',
      dials: ['0 6a'],
    })
  })

  test('each attempt is told host, port, address and family', () => {
    const { world } = connecting({
      port: 8080,
      ipv6: { gives: ['6a'] },
      ipv4: { gives: ['4a'] },
      addresses: { '4a': {} },
    })
    expect(world.targets).toEqual([
      { host: 'host.example', port: 8080, address: '6a', family: 6 },
      { host: 'host.example', port: 8080, address: '4a', family: 4 },
    ])
  })
})

describe('the failure', () => {
  test('comes when every address has failed: their errors, unchanged, in the order of their failing', () => {
    const [first, second, third] = ['first', 'second', { third: true }].map((what) =>
      typeof what === 'string' ? new Error(what) : what
    )
    const { error, at } = connecting({
      ipv6: { gives: ['6a', '6b'] },
      ipv4: { gives: ['4a'] },
      addresses: {
        '6a': { after: 600, throws: second },
        '4a': { after: 10, throws: first },
        '6b': { after: 1000, throws: third },
      },
    })
    expect(at).toBe(1260)
    expect(error).toBeInstanceOf(AggregateError)
    expect(error).toMatchObject({ name: 'ConnectError', code: 'COPPICE_CONNECT_FAILED' })
    expect(error!.errors).toEqual([first, second, third])
    error!.errors.forEach((each, index) => expect(each).toBe([first, second, third][index]))
  })

  test('is a ConnectError also when there was one address, and names host and port', () => {
    const { error, at } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: {},
      addresses: { '6a': { after: 3, throws: refused } },
    })
    expect(at).toBe(3)
    expect(error!.errors).toEqual([refused])
    expect(error!.message).toBe('Could not connect to host.example:443: connect ECONNREFUSED')
    expect(error).toMatchObject({ host: 'host.example', port: 443 })
  })

  test('puts an IPv6 address into brackets', () => {
    const { error } = connecting({ host: '::1', addresses: { '::1': { throws: refused } } })
    expect(error!.message).toContain('[::1]:443')
  })

  test('does not come while a lookup is pending, but with its negative answer', () => {
    const { error, at } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 700, gives: [] },
      addresses: { '6a': { after: 3, throws: refused } },
    })
    expect({ at, code: error!.code }).toEqual({ at: 700, code: 'COPPICE_CONNECT_FAILED' })
  })

  test('a lookup that gives addresses when all others have failed goes on with them', () => {
    const { won, at } = connecting({
      ipv6: { gives: ['6a'] },
      ipv4: { after: 700, gives: ['4a'] },
      addresses: { '6a': { after: 3, throws: refused }, '4a': { after: 5 } },
    })
    expect({ won, at }).toEqual({ won: '4a', at: 705 })
  })

  test('without any address nothing is dialled, and the errors are those of the lookups, in their order', () => {
    const [six, four] = [hostError('ENODATA'), hostError('ENOTFOUND')]
    const { error, dials, at } = connecting({
      ipv6: { after: 20, throws: six },
      ipv4: { after: 10, throws: four },
    })
    expect(dials).toEqual([])
    expect({ at, code: error!.code, errors: error!.errors }).toEqual({
      at: 20,
      code: 'COPPICE_NO_ADDRESS',
      errors: [four, six],
    })
    expect(error!.message).toContain('host.example:443')
  })

  test('lookups that give nothing have no errors', () => {
    const { error } = connecting({ ipv6: { after: 20 }, ipv4: { after: 10 } })
    expect(error).toMatchObject({ code: 'COPPICE_NO_ADDRESS', errors: [] })
    expect(error!.message).toBe('host.example:443 has no address')
  })

  test('the error of a lookup is forgotten when the other has addresses', () => {
    const { error } = connecting({
      ipv6: { throws: hostError('ENOTFOUND') },
      ipv4: { gives: ['4a'] },
      addresses: { '4a': { throws: refused } },
    })
    expect(error!.errors).toEqual([refused])
  })
})
