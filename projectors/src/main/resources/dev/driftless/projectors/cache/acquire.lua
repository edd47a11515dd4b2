-- Makes the caller the only writer of a partition.
--
-- KEYS[1]  the position of the partition
-- ARGV     the caller's wall clock in milliseconds
--
-- Answers the new epoch: higher than the one before, and not below the clock, so that it rises also
-- after the store was put back from a copy.

local before = tonumber(redis.call('HGET', KEYS[1], 'epoch') or '0')
local epoch = math.max(before + 1, tonumber(ARGV[1]))
redis.call('HSET', KEYS[1], 'epoch', string.format('%.0f', epoch))
return epoch
