public import Agents
import Foundation
public import Logging
public import Store

/// What turns work with.
public struct TurnServices: Sendable {
  /// Says where the model of a profile is; nil for runtimes that bring their own.
  public typealias EndpointLookup = @Sendable (ProfileName) async -> ModelEndpoint?

  let store: SessionStore
  let runs: RunJournals
  let turnJournal: TurnJournal
  let layout: StateLayout
  let disk: DiskExecutor
  let runtime: any AgentRuntime
  let endpoint: EndpointLookup
  let masks: @Sendable () async -> Bool
  let changes: ListChanges
  let logger: Logger

  /// The parts.
  ///
  /// - Parameter masks: Whether credentials are hidden in what clients are told.
  public init(
    store: SessionStore, layout: StateLayout, disk: DiskExecutor, runtime: any AgentRuntime,
    endpoint: @escaping EndpointLookup, masks: @escaping @Sendable () async -> Bool, changes: ListChanges,
    logger: Logger
  ) {
    self.store = store
    self.layout = layout
    runs = RunJournals(layout: layout)
    turnJournal = TurnJournal(layout: layout, logger: logger)
    self.disk = disk
    self.runtime = runtime
    self.endpoint = endpoint
    self.masks = masks
    self.changes = changes
    self.logger = logger
  }

  /// Seconds since 1970.
  func now() -> Double { Date().timeIntervalSince1970 }
}
