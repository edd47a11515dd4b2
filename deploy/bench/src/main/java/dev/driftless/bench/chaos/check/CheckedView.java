package dev.driftless.bench.chaos.check;

import java.util.List;
import java.util.Map;

/** One view, by its documented layout. */
interface CheckedView {

  String name();

  /** What it has to hold when it has applied this log; by key. */
  Map<String, Fact> expected(List<LoggedRecord> log);

  /** What its store holds; by key. */
  Map<String, Fact> held() throws Exception;
}
