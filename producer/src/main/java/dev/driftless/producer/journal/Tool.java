package dev.driftless.producer.journal;

/**
 * What a tool call does.
 *
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Tool<X extends Exception> {

  /**
   * Returns the result as it is to be recorded. An exception says that the call did not happen, or
   * in vain; who cannot tell, for example after a timeout, throws {@link UnknownOutcomeException}.
   */
  String run() throws X;
}
