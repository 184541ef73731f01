// Lookup HOST:PORT CA BUNDLE PASSWORD-FILE PARTY TOPIC: who answers for a topic in a party?
// From the .proto files alone: what protoc --java_out makes of them, Debian's libprotobuf-java, and the JDK's own
// HTTP client. A call is an HTTP POST of the request's bytes (the Connect protocol).
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import entente.v1.Directory;
import entente.v1.SessionOuterClass.SignInReply;
import entente.v1.SessionOuterClass.SignInRequest;
import java.io.FileInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

public class Lookup {
  static HttpClient client;
  static String server;
  static String token = "";

  static <R> R call(String method, Message request, Parser<R> reply) throws Exception {
    HttpRequest.Builder post = HttpRequest.newBuilder(URI.create("https://" + server + "/entente.v1." + method))
        .timeout(Duration.ofSeconds(10)).header("content-type", "application/proto")
        .POST(HttpRequest.BodyPublishers.ofByteArray(request.toByteArray()));
    if (!token.isEmpty()) post.header("authorization", "Bearer " + token);
    HttpResponse<byte[]> answer = client.send(post.build(), HttpResponse.BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) throw new Exception(method + ": " + new String(answer.body(), "UTF-8"));
    return reply.parseFrom(answer.body());
  }

  public static void main(String[] words) throws Exception {
    server = words[0];
    String password = Files.readAllLines(Path.of(words[3])).get(0);
    KeyStore mine = KeyStore.getInstance("PKCS12"), authorities = KeyStore.getInstance("PKCS12");
    mine.load(new FileInputStream(words[2]), password.toCharArray());
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(mine, password.toCharArray());
    authorities.load(null, null);
    authorities.setCertificateEntry(
        "ca", CertificateFactory.getInstance("X.509").generateCertificate(new FileInputStream(words[1])));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(authorities);
    SSLContext tls = SSLContext.getInstance("TLSv1.3");
    tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    client = HttpClient.newBuilder().sslContext(tls).build();

    token = call("SessionService/SignIn", SignInRequest.newBuilder().setPassword(password).build(),
                 SignInReply.parser()).getToken();
    Directory.WhoAnswersReply found = call("DirectoryService/WhoAnswers",
        Directory.WhoAnswersRequest.newBuilder().setParty("parties/" + words[4]).setTopic(words[5]).build(),
        Directory.WhoAnswersReply.parser());
    for (Directory.Answer answer : found.getAnswersList()) {
      System.out.println(answer.getPerson().getDisplayName() + ", " + answer.getOffice().getTitle());
      for (Directory.Contact contact : answer.getPerson().getContactsList()) System.out.println("  " + contact.getValue());
    }
  }
}
