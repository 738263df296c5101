import com.google.gson.JsonParser;
import com.stripe.exception.SignatureVerificationException;
import com.stripe.net.Webhook;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

public class Stripe {
  public static void main(String[] args) throws Exception {
    var secret = System.getenv("WEBHOOK_SECRET"); // the whole of it, whsec_ included
    if (secret == null || !secret.matches("whsec_.{32,}")) {
      System.err.println("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_");
      System.exit(1); // without it, anybody could sign
    }
    // A table with a unique index, where it is to last.
    Set<String> seen = ConcurrentHashMap.newKeySet();

    var address = new InetSocketAddress("localhost", Integer.parseInt(System.getenv("PORT")));
    var server = HttpServer.create(address, 0);
    server.createContext("/webhooks", exchange -> {
      // Before anything parses it: what is signed is the bytes as they arrived.
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var signature = exchange.getRequestHeaders().getFirst("CallingBox-Signature");
      var status = 204;
      try {
        // Not constructEvent: it makes an event of Stripe's out of it.
        Webhook.Signature.verifyHeader(body, Objects.requireNonNullElse(signature, ""), secret, 300);
        var event = JsonParser.parseString(body).getAsJsonObject();
        if (seen.add(event.get("id").getAsString())) {
          // What takes longer goes into a queue of yours.
          System.out.println(event.get("type") + " " + event.get("id"));
        }
      } catch (SignatureVerificationException | NumberFormatException refused) {
        status = 400;
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    server.start();
  }
}
