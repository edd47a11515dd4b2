package dev.driftless.local;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;

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

  static boolean answersOk(int port, String path) throws IOException {
    URI uri = URI.create("http://" + Addresses.HOST + ":" + port + path);
    HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
    connection.setConnectTimeout(TIMEOUT_MS);
    connection.setReadTimeout(TIMEOUT_MS);
    try {
      return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
    } finally {
      connection.disconnect();
    }
  }
}
