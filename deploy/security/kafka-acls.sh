#!/bin/sh
# The rights of Driftless's programs in Kafka, one principal for each, named after the consumer group; nothing is given to
# anybody else. May be run again. For a cluster with an authorizer and without allow.everyone.if.no.acl.found.
#
#   KAFKA_ACLS="kafka-acls.sh --bootstrap-server kafka:9092 --command-config admin.properties" ./kafka-acls.sh
#
# An installation with a name has it before everything, principals too: DRIFTLESS_NAME=blue gives User:blue-driftless-cache
# the rights on blue-memory-events. With KAFKA_ACLS=echo it only prints what it would do.
set -eu

before=${DRIFTLESS_NAME:+$DRIFTLESS_NAME-}
: "${KAFKA_ACLS:?the command with which ACLs are added, with its connection}"

# allow PRINCIPAL topic|group literal|prefixed NAME OPERATION...
allow() {
  principal=User:$before$1 kind=$2 pattern=$3 resource=$before$4
  shift 4
  operations=
  for operation in "$@"; do operations="$operations --operation $operation"; done
  # shellcheck disable=SC2086 # both are several words
  $KAFKA_ACLS --add --allow-principal "$principal" $operations --resource-pattern-type "$pattern" "--$kind" "$resource"
}

# Whoever appends events, one principal for each program: it speaks for every tenant, for Kafka looks into no event.
allow driftless-producer topic literal memory-events Write Describe DescribeConfigs
# How many partitions the log was made with.
allow driftless-producer topic literal memory-repairs Describe
# Only if it waits for views. Dead letters are whole records, of all tenants.
allow driftless-producer topic literal view-positions Read Describe DescribeConfigs
allow driftless-producer topic prefixed memory-events.dead. Read Describe DescribeConfigs

# A projector reads the log, and writes what nobody takes for the log. The groups of its spare generation and of its repairs
# begin as its own; so do the topics that Kafka Streams makes for it.
projector() {
  allow "driftless-$1" topic literal memory-events Read Describe DescribeConfigs
  allow "driftless-$1" topic literal view-controls Read Describe
  allow "driftless-$1" topic literal view-positions Write Describe
  allow "driftless-$1" topic literal memory-repairs Read Describe
  allow "driftless-$1" topic literal "memory-events.dead.$1" Write Describe
  allow "driftless-$1" topic prefixed "driftless-$1-" Create Read Write Describe
  allow "driftless-$1" group prefixed "driftless-$1" Read Describe
}
projector relational
projector vector
projector cache
projector context
projector audit

# The reconciler reads the log and what was set aside, and asks for repairs: who may do that may have any row of a view
# replaced. So may who gives rebuilds, retries and pauses: the command line, as driftless-operator, which makes the topics too.
# Both look at how topics are set and how far views are, for commands that only read.
checker() {
  allow "$1" topic literal memory-events Read Describe DescribeConfigs
  allow "$1" topic prefixed memory-events.dead. Read Describe DescribeConfigs
  allow "$1" topic literal memory-repairs Write Describe DescribeConfigs
  allow "$1" topic literal view-controls Read Describe DescribeConfigs
  allow "$1" topic literal view-positions Read Describe DescribeConfigs
  allow "$1" topic prefixed driftless- Describe DescribeConfigs
  allow "$1" topic prefixed driftless-reconciler Create Read Write Describe
  allow "$1" group prefixed driftless-reconciler Read Describe
  allow "$1" group prefixed driftless- Describe
}
checker driftless-reconciler
checker driftless-operator
allow driftless-operator topic prefixed memory-events Create
allow driftless-operator topic literal view-controls Create Write
allow driftless-operator topic literal view-positions Create
allow driftless-operator topic literal memory-repairs Create

# KEDA's scalers ask how far the projectors are.
allow driftless-keda topic literal memory-events Describe
allow driftless-keda group prefixed driftless- Describe
