-- Moves the position of a partition, after the data below it.
--
-- KEYS[1]  the position of the partition
-- ARGV     the writer's epoch, its position; then the new topic id, offset, log time in milliseconds
--
-- Answers 1; or 0, having changed nothing, if the store does not hold this epoch and position.

local fence = redis.call('HMGET', KEYS[1], 'epoch', 'offset')
if fence[1] ~= ARGV[1] or (fence[2] or '0') ~= ARGV[2] then
  return 0
end
redis.call('HSET', KEYS[1], 'topicId', ARGV[3], 'offset', ARGV[4], 'logTime', ARGV[5])
return 1
