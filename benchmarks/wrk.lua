-- Sends whole requests from a file (NUL between them), at random or each one once, and prints one
-- line of JSON. Arguments after "--": the file, "random" or "each", how many to skip.
local requests, order, at = {}, "random", 0

function init(args)
   local file = assert(io.open(args[1], "rb"))
   for request in file:read("*a"):gmatch("%Z+") do
      requests[#requests + 1] = request
   end
   file:close()
   order, at = args[2], tonumber(args[3])
   math.randomseed(os.time())
end

function request()
   if order == "each" then
      at = at + 1
      return requests[at] or error("out of requests")
   end
   return requests[math.random(#requests)]
end

function done(summary, latency, _)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   local permille = {}
   for i = 1, 1000 do
      permille[i] = string.format("%d", latency:percentile(i / 10 - 0.05))
   end
   io.write(string.format(
      '\n{"requests": %d, "microseconds": %d, "failed": %d, "permille": [%s]}\n',
      summary.requests, summary.duration, failed, table.concat(permille, ",")))
end
