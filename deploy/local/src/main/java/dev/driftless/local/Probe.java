package dev.driftless.local;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Short looks at a port of this machine. */
final class Probe {
  static final int TIMEOUT_MS = 2_000;

  private Probe() {}

  static Socket connect(int port) throws IOException {
    Socket socket = new Socket(Proxy.NO_PROXY);
    try {
      socket.setSoTimeout(TIMEOUT_MS);
      socket.connect(new InetSocketAddress(Addresses.HOST, port), TIMEOUT_MS);
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** As {@link #connect}, encrypted; whatever name the certificate has. */
  static SSLSocket connect(int port, Security security) throws IOException {
    Socket below = connect(port);
    return (SSLSocket)
        security.context().getSocketFactory().createSocket(below, Addresses.HOST, port, true);
  }

  static boolean answersOk(int port, String path) throws IOException {
    return answersOk(port, path, null);
  }

  /**
   * @param security if the server speaks HTTPS; whatever name its certificate has
   */
  static boolean answersOk(int port, String path, @Nullable Security security) throws IOException {
    String scheme = security == null ? "http://" : "https://";
    URI uri = URI.create(scheme + Addresses.HOST + ":" + port + path);
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
    if (security != null && connection instanceof HttpsURLConnection encrypted) {
      encrypted.setSSLSocketFactory(security.context().getSocketFactory());
      encrypted.setHostnameVerifier((name, session) -> true);
    }
    connection.setConnectTimeout(TIMEOUT_MS);
    connection.setReadTimeout(TIMEOUT_MS);
    try {
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } finally {
      connection.disconnect();
    }
  }
}
