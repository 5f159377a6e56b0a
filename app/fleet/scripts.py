"""What Redis does in one step. Instants are in microseconds since 1970, durations in milliseconds.

A full Redis refuses the first thing that would grow it, but nothing in a script that has written before: so what is
small and counts (floors, places, pauses) is written after a PEXPIRE, and an answer before anything else.
"""

# Gives a lease back and tells those who wait for it. With an answer: keeps it, unless what is there is the younger
# one by the order of the cache: what was asked for before a floor comes behind all that was asked for after it.
LAND = """
local function back(told)
  if redis.call('GET', KEYS[3]) == ARGV[8] then redis.call('DEL', KEYS[3]) end
  redis.call('PUBLISH', ARGV[6], told)
end
if ARGV[1] == '' then return back('landed ' .. ARGV[7]) end
local since, asked, question = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[5]
local floor = 0
for _, field in ipairs({'refresh', 'change:', 'change:' .. question}) do
  floor = math.max(floor, tonumber(redis.call('HGET', KEYS[2], field) or 0) or 0)
end
local there = redis.call('HMGET', KEYS[1], 'since', 'asked')
if there[1] then
  local old_since, old_asked = tonumber(there[1]) or 0, tonumber(there[2] or 0) or 0
  local old, new = old_asked >= floor, asked >= floor
  local younger = old_since > since or (old_since == since and old_asked > asked)
  if (old ~= new and old) or (old == new and younger) then return back('landed ' .. ARGV[7]) end
end
local kept = redis.pcall('HSET', KEYS[1], 'since', ARGV[1], 'asked', ARGV[2], 'sealed', ARGV[3])
if type(kept) == 'table' and kept.err then
  back('landed ' .. ARGV[7])
  return kept
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
back('kept ' .. ARGV[7] .. ' ' .. ARGV[1] .. ' ' .. ARGV[2])
"""

# An answer and the floors of its customer, and a lease where that answer is older than `ARGV[2]` or behind a floor:
# {lease, sealed, field, at, ...}. The lease is 1 when it was granted, 0 when another process has it, -1 when none was
# wanted; sealed is '' where there is no answer, 'same' where it is the asker's own (`ARGV[7]`), and 'odd' where what is
# there was not written by LAND, or is too large to be fetched in time.
CLAIM = """
local found, young = {-1, ''}, false
local floors = {}
if redis.call('TYPE', KEYS[2]).ok == 'hash' then
  local all = redis.call('HGETALL', KEYS[2])
  for i = 1, #all, 2 do
    floors[all[i]] = tonumber(all[i + 1])
    found[#found + 1], found[#found + 2] = all[i], all[i + 1]
  end
end
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'hash' then
  local since, asked = unpack(redis.call('HMGET', KEYS[1], 'since', 'asked'))
  if redis.call('HSTRLEN', KEYS[1], 'sealed') > tonumber(ARGV[1]) then found[2] = 'odd'
  elseif ARGV[7] == (since or '') .. ' ' .. (asked or '') then found[2] = 'same'
  else found[2] = redis.call('HGET', KEYS[1], 'sealed') or 'odd' end
  local floor = math.max(floors['change:'] or 0, floors['change:' .. ARGV[5]] or 0)
  if ARGV[6] == '' then floor = math.max(floor, floors['refresh'] or 0) end
  young = ARGV[2] ~= '' and (tonumber(since) or 0) >= tonumber(ARGV[2]) and (tonumber(asked) or 0) >= floor
elseif kind ~= 'none' then
  found[2] = 'odd'
end
if not young then
  if redis.call('PTTL', KEYS[3]) == -1 then redis.call('DEL', KEYS[3]) end
  found[1] = redis.call('SET', KEYS[3], ARGV[3], 'NX', 'PX', ARGV[4]) and 1 or 0
end
return found
"""

# Raises a floor and tells everybody, as often as it is told: `ARGV[5]` is what they hear. One that is still to come, by
# a clock ahead of Redis's by more than a second, would put everybody's answers behind it until then: it is now.
RAISE = """
redis.call('PEXPIRE', KEYS[1], ARGV[3])
local time = redis.call('TIME')
local floor = math.min(tonumber(ARGV[2]), time[1] * 1000000 + time[2] + 1000000)
if (tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) or 0) <= floor then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', floor))
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PUBLISH', ARGV[4], ARGV[5])
end
return 1
"""

# Holds on to a lease that is still this process's.
RENEW = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return 0
"""

# A call's place among those of a second, as `Pace` has it for one process; on Redis's own clock, in microseconds.
# Answers {0, taken, 0} when the call may leave, else {milliseconds to wait, taken, milliseconds of a pause in it}. A
# count that was lost, with Redis or by a flush, begins with a pause: what left before it may still count at Orb.
TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, recovery, second = tonumber(ARGV[1]), tonumber(ARGV[4]), tonumber(ARGV[5])
local state = redis.call('HMGET', KEYS[2], 'until', 'refused', 'after')
if not state[1] then
  redis.call('HSET', KEYS[2], 'until', now + second)
  state[1] = now + second
end
state[1] = math.min(tonumber(state[1]) or 0, now + 61000000)
redis.call('PEXPIRE', KEYS[2], 86400000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. string.format('%.0f', now + tonumber(ARGV[3])), '+inf')
local allowed = limit
if state[2] then
  local steps = math.floor(math.max(0, now - tonumber(state[2])) / recovery)
  allowed = math.min(limit, tonumber(state[3]) + steps * math.max(1, math.floor(limit / 10)))
end
local taken = redis.call('ZCARD', KEYS[1])
local opens = tonumber(state[1])
if taken >= allowed then
  local entry = redis.call('ZRANGE', KEYS[1], taken - allowed, taken - allowed, 'WITHSCORES')
  opens = math.max(opens, tonumber(entry[2]))
end
local paused = math.max(0, math.ceil((tonumber(state[1]) - now) / 1000))
if opens > now then return {math.ceil((opens - now) / 1000), taken, paused} end
redis.call('ZADD', KEYS[1], now + tonumber(ARGV[3]), ARGV[2])
redis.call('PEXPIRE', KEYS[1], 10000)
return {0, taken + 1, 0}
"""

# A call came back: a second later its place is free, unless it is sooner.
ANSWERED = """
redis.call('PEXPIRE', KEYS[1], 10000)
local there = redis.call('ZSCORE', KEYS[1], ARGV[1])
if there then
  local time = redis.call('TIME')
  local free = time[1] * 1000000 + time[2] + tonumber(ARGV[2])
  if free < tonumber(there) then redis.call('ZADD', KEYS[1], free, ARGV[1]) end
end
"""

# Orb refused a call for being too fast: a pause for all, then half of what was allowed.
REFUSED = """
redis.call('PEXPIRE', KEYS[1], 86400000)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit, recovery = tonumber(ARGV[1]), tonumber(ARGV[3])
local state = redis.call('HMGET', KEYS[1], 'until', 'refused', 'after')
local allowed = limit
if state[2] then
  local steps = math.floor(math.max(0, now - tonumber(state[2])) / recovery)
  allowed = math.min(limit, tonumber(state[3]) + steps * math.max(1, math.floor(limit / 10)))
end
local pause = math.max(tonumber(state[1] or 0), now + tonumber(ARGV[2]))
redis.call('HSET', KEYS[1], 'until', pause, 'refused', pause, 'after', math.max(1, math.floor(allowed / 2)))
redis.call('PEXPIRE', KEYS[1], 86400000)
return 1
"""

# Calls that left without Redis: {name, microseconds for which its place is taken, ...}.
LEFT = """
redis.call('PEXPIRE', KEYS[1], 10000)
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i = 1, #ARGV, 2 do redis.call('ZADD', KEYS[1], now + tonumber(ARGV[i + 1]), ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], 10000)
"""

# A class that nobody has counted in begins without a pause.
BEGIN = "redis.call('HSETNX', KEYS[1], 'until', 0)"
