package dev.driftless.producer.journal;

/**
 * What a tool call does.
 *
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Tool<X extends Exception> {

  /**
   * Returns the result as it is to be recorded, but for NUL characters and halves of surrogate
   * pairs, which no log can hold: they are replaced, also in what the caller is given. An exception
   * says that the call did not happen, or in vain; who cannot tell throws {@link
   * UnknownOutcomeException}. The same is said by an exception that is, or has among its causes, an
   * interrupt or a timeout of the JDK: {@link InterruptedException}, {@link
   * java.io.InterruptedIOException} (so also {@link java.net.SocketTimeoutException}), {@link
   * java.nio.channels.ClosedByInterruptException}, {@link java.net.http.HttpTimeoutException} and
   * {@link java.util.concurrent.TimeoutException}.
   */
  String run() throws X;
}
