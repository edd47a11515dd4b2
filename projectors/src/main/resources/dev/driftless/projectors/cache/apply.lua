-- Applies events of one subject in log order, each at most once.
--
-- KEYS[1]  the position of the partition
-- KEYS[2]  the last offset applied to the subject
-- KEYS[i]  what the commands below name by its index
-- ARGV     the writer's epoch, its position; then per event: offset, number of commands;
--          then per command: name, index of its key, number of arguments, arguments
--
-- Answers 1; or 0, having changed nothing, if the store does not hold this epoch and position.
-- An error is that of a command; what came before it is applied and will not be applied again.

local fence = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if fence[1] ~= ARGV[1] or (fence[2] or '0') ~= ARGV[2] then
  return 0
end

local applied = tonumber(redis.call('GET', KEYS[2]) or '-1')
local last
local at = 3
while at <= #ARGV do
  local offset, commands = ARGV[at], tonumber(ARGV[at + 1])
  local new = tonumber(offset) > applied
  at = at + 2
  for _ = 1, commands do
    local finish = at + 2 + tonumber(ARGV[at + 2])
    if new then
      local reply = redis.pcall(ARGV[at], KEYS[tonumber(ARGV[at + 1])], unpack(ARGV, at + 3, finish))
      if type(reply) == 'table' and reply.err then
        if last then
          redis.call('SET', KEYS[2], last)
        end
        return reply
      end
    end
    at = finish + 1
  end
  if new then
    last = offset
  end
end
if last then
  redis.call('SET', KEYS[2], last)
end
return 1
