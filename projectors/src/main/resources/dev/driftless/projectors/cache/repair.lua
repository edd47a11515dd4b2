-- Puts entities of one subject back to what the log says of them.
--
-- KEYS[1]  the position of the partition
-- KEYS[i]  what the commands below name by its index
-- ARGV     the writer's epoch, its position;
--          then per command: name, index of its key, number of arguments, arguments
--
-- Commands are those of Redis, and
--   BEHIND offset        stops unless the key holds less than this, or nothing
--   STRAY type           deletes the key if it is of another type
--   REMOVE type member   takes a field or member away; all of a key of another type
--   OUTLIVE              expires a sorted set when its last member does
--
-- Answers 1; or, having changed nothing, 0 if the store does not hold this epoch and position, and 2
-- if BEHIND, which comes first, stopped it.

local fence = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if fence[1] ~= ARGV[1] or (fence[2] or '0') ~= ARGV[2] then
  return 0
end

local LATEST_MS = 2 ^ 53
local own = {}

function own.BEHIND(key, offset)
  local held = redis.pcall('GET', key)
  return type(held) == 'string' and (tonumber(held) or -1) >= tonumber(offset)
end

function own.STRAY(key, right)
  if redis.call('TYPE', key).ok ~= right then
    redis.call('DEL', key)
  end
end

function own.REMOVE(key, right, member)
  if redis.call('TYPE', key).ok ~= right then
    redis.call('DEL', key)
  elseif right == 'hash' then
    redis.call('HDEL', key, member)
  else
    redis.call('ZREM', key, member)
  end
end

function own.OUTLIVE(key)
  local last = redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2]
  if last then
    local at = math.max(0, math.min(tonumber(last), LATEST_MS))
    redis.call('PEXPIREAT', key, string.format('%.0f', at))
  end
end

local at = 3
while at <= #ARGV do
  local command, key, finish = ARGV[at], KEYS[tonumber(ARGV[at + 1])], at + 2 + tonumber(ARGV[at + 2])
  if not own[command] then
    redis.call(command, key, unpack(ARGV, at + 3, finish))
  elseif own[command](key, unpack(ARGV, at + 3, finish)) then
    return 2
  end
  at = finish + 1
end
return 1
