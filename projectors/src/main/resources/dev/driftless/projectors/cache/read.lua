-- Reads what is held of some entities of one subject, all in one step.
--
-- KEYS[1]  the position of the partition
-- KEYS[2]  the last offset applied to the subject
-- KEYS[i]  what the places below name by its index
-- ARGV     per place: index of its key, its Redis type, how to read it, the field or member
--
-- Answers the position's offset and the last offset applied, as texts, or false where there is none;
-- the server's time in seconds and microseconds; then per place a list: type of the key, milliseconds
-- it lives (-1 for ever, -2 not at all), and what is held there, false for nothing or a type that is
-- not the place's.

local function answered(...)
  local reply = redis.pcall(...)
  return type(reply) == 'string' and reply
end

local now = redis.call('TIME')
local answer = {answered('HGET', KEYS[1], 'offset'), answered('GET', KEYS[2]), now[1], now[2]}
for at = 1, #ARGV, 4 do
  local key, right, read, member = KEYS[tonumber(ARGV[at])], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3]
  local found, held = redis.call('TYPE', key).ok, false
  if found == right then
    if read == 'HGET' or read == 'ZSCORE' then
      held = redis.call(read, key, member)
    elseif read == 'XRANGE' then
      held = redis.call(read, key, '-', '+')
    else
      held = redis.call(read, key)
    end
  end
  table.insert(answer, {found, redis.call('PTTL', key), held})
end
return answer
