"""What Redis does in one step. Instants are in microseconds since 1970, durations in milliseconds."""

# Keeps an answer unless what is there is the younger one, by the order of the cache: what was asked for before a
# floor comes behind all that was asked for after it. Tells everybody.
KEEP = """
local since, asked, question = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[5]
local floor = 0
for _, field in ipairs({'refresh', 'change:', 'change:' .. question}) do
  floor = math.max(floor, tonumber(redis.call('HGET', KEYS[2], field) or 0))
end
local there = redis.call('HMGET', KEYS[1], 'since', 'asked')
if there[1] then
  local old_since, old_asked = tonumber(there[1]), tonumber(there[2])
  local old, new = old_asked >= floor, asked >= floor
  if old ~= new then
    if old then return 0 end
  elseif old_since > since or (old_since == since and old_asked > asked) then
    return 0
  end
end
redis.call('HSET', KEYS[1], 'since', ARGV[1], 'asked', ARGV[2], 'sealed', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PUBLISH', ARGV[6], 'kept ' .. ARGV[7] .. ' ' .. ARGV[1] .. ' ' .. ARGV[2])
return 1
"""

# An answer and the floors of its customer, as {sealed, field, at, ...}; the first is '' where there is none, and
# 'odd' where what is there was not written by KEEP, or is too large to be fetched in time.
LOOK = """
local found = {''}
local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'hash' then
  if redis.call('HSTRLEN', KEYS[1], 'sealed') > tonumber(ARGV[1]) then found[1] = 'odd'
  else found[1] = redis.call('HGET', KEYS[1], 'sealed') or 'odd' end
elseif kind ~= 'none' then found[1] = 'odd' end
if redis.call('TYPE', KEYS[2]).ok == 'hash' then
  for _, each in ipairs(redis.call('HGETALL', KEYS[2])) do found[#found + 1] = each end
end
return found
"""

# Raises a floor and tells everybody: `ARGV[5]` is what they are told.
RAISE = """
if tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or 0) < tonumber(ARGV[2]) then
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
  redis.call('PUBLISH', ARGV[4], ARGV[5])
end
"""

# Gives a lease back, if it is still this process's, and tells those who wait for it.
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
  redis.call('PUBLISH', ARGV[2], 'landed ' .. ARGV[3])
end
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
redis.call('PEXPIRE', KEYS[2], 86400000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
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
local there = redis.call('ZSCORE', KEYS[1], ARGV[1])
if there then
  local time = redis.call('TIME')
  local free = time[1] * 1000000 + time[2] + tonumber(ARGV[2])
  if free < tonumber(there) then redis.call('ZADD', KEYS[1], free, ARGV[1]) end
end
"""

# Orb refused a call for being too fast: a pause for all, then half of what was allowed.
REFUSED = """
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
"""

# A class that nobody has counted in begins without a pause.
BEGIN = "redis.call('HSETNX', KEYS[1], 'until', 0)"
