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
   * pairs, which no log can hold: they are replaced, also in what the caller is given. An exception says that the call did not happen, or
   * in vain; who cannot tell, for example after a timeout, throws {@link UnknownOutcomeException}.
   */
  String run() throws X;
}
