import com.google.gson.JsonParser;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

public class Standard {
  public static void main(String[] args) throws Exception {
    var secret = System.getenv("WEBHOOK_SECRET");
    if (secret == null || !secret.matches("whsec_.{32,}")) {
      System.err.println("WEBHOOK_SECRET is not set to a signing secret, which begins with whsec_");
      System.exit(1); // without it, anybody could sign
    }
    var webhook = new Webhook(secret);
    // A table with a unique index, where it is to last.
    Set<String> seen = ConcurrentHashMap.newKeySet();

    var address = new InetSocketAddress("localhost", Integer.parseInt(System.getenv("PORT")));
    var server = HttpServer.create(address, 0);
    server.createContext("/webhooks", exchange -> {
      // Before anything parses it: what is signed is the bytes as they arrived.
      var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      var status = 204;
      try {
        webhook.verify(body, HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true));
        var event = JsonParser.parseString(body).getAsJsonObject();
        if (seen.add(event.get("id").getAsString())) {
          // What takes longer goes into a queue of yours.
          System.out.println(event.get("type") + " " + event.get("id"));
        }
      } catch (WebhookVerificationException refused) {
        status = 400;
      }
      exchange.sendResponseHeaders(status, -1);
      exchange.close();
    });
    server.start();
  }
}
