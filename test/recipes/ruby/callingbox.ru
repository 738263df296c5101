# frozen_string_literal: true

require "json"
require "openssl"
require "rack"

SECRET = ENV.fetch("WEBHOOK_SECRET", "") # the whole of it is the key, whsec_ included
unless SECRET.match?(/\Awhsec_.{32}/)
  abort "WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_" # without it, anybody could sign
end
SEEN = {} # a table with a unique index, where it is to last
LOCK = Mutex.new

def signed?(header, body)
  parts = header.to_s.split(",").map { |part| part.split("=", 2) }
  time = parts.assoc("t")&.last
  return false unless (Time.now.to_i - time.to_i).abs <= 300

  expected = OpenSSL::HMAC.hexdigest("SHA256", SECRET, "#{time}.#{body}")
  parts.any? { |name, one| name == "v1" && Rack::Utils.secure_compare(one.to_s, expected) }
end

# The input itself, and no params: what is signed is the bytes as they arrived.
run(lambda do |env|
  body = env["rack.input"]&.read.to_s
  next [400, {}, []] unless signed?(env["HTTP_CALLINGBOX_SIGNATURE"], body)

  event = JSON.parse(body)
  is_new = LOCK.synchronize { SEEN.key?(event["id"]) ? false : (SEEN[event["id"]] = true) }
  puts "#{event["type"]} #{event["id"]}" if is_new # what takes longer goes into a queue of yours
  [204, {}, []]
end)
