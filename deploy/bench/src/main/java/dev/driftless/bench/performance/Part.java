package dev.driftless.bench.performance;

import java.util.List;

/** One of the things that are measured. */
@FunctionalInterface
interface Part {
  List<Comparison> run(BenchServers servers, BenchPlan plan) throws Exception;
}
