# frozen_string_literal: true

require "json"
require "openssl"
require "rack"

SECRET = ENV.fetch("WEBHOOK_SECRET", "")
unless SECRET.match?(/\Awhsec_.{32}/)
  abort "WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_" # without it, anybody could sign
end
KEY = SECRET.delete_prefix("whsec_").unpack1("m0") # the base64 after whsec_, decoded
SEEN = {} # a table with a unique index, where it is to last
LOCK = Mutex.new

def signed?(env, body)
  id, time, signatures = env.values_at("HTTP_WEBHOOK_ID", "HTTP_WEBHOOK_TIMESTAMP", "HTTP_WEBHOOK_SIGNATURE")
  return false unless id && signatures && (Time.now.to_i - time.to_i).abs <= 300

  expected = [OpenSSL::HMAC.digest("SHA256", KEY, "#{id}.#{time}.#{body}")].pack("m0")
  signatures.split.any? { |one| Rack::Utils.secure_compare(one, "v1,#{expected}") }
end

# The input itself, and no params: what is signed is the bytes as they arrived.
run(lambda do |env|
  body = env["rack.input"]&.read.to_s
  next [400, {}, []] unless signed?(env, body)

  event = JSON.parse(body)
  is_new = LOCK.synchronize { SEEN.key?(event["id"]) ? false : (SEEN[event["id"]] = true) }
  puts "#{event["type"]} #{event["id"]}" if is_new # what takes longer goes into a queue of yours
  [204, {}, []]
end)
