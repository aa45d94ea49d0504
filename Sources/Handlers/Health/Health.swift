import Foundation
import JSON
public import Pipeline
import Synchronization
public import Turns

/// `GET /health` (wire-platform 6.1).
public struct Health: Handler {
  private let turns: Turns
  private let startedAt: Double
  private let requests = RequestCount()

  /// - Parameter turns: What is under way.
  public init(turns: Turns) {
    self.turns = turns
    startedAt = Date().timeIntervalSince1970
  }

  /// `GET`.
  public var methods: Methods<BaseContext> {
    .get("Whether the server works", read)
  }

  private func read(_ request: Request, _ context: BaseContext) async throws -> Response {
    let now = Date().timeIntervalSince1970
    let active = turns.active
    let runs: [JSONValue] = active.map { turn in
      // Ids stay out: this row needs no profile, so it may not tell of any.
      ["started_at": .double(turn.startedAt), "age_seconds": .double(now - turn.startedAt)]
    }
    return .json([
      "status": "ok", "sessions": .int(active.count), "active_streams": .int(active.count),
      "active_runs": .int(active.count), "runs": .array(runs), "last_run_finished_at": .optional(turns.lastEnd),
      "server_started_at": .double(startedAt), "uptime_seconds": .double(((now - startedAt) * 10).rounded() / 10),
      "accept_loop": ["requests_total": .int(requests.next()), "last_request_at": .double(now)],
    ])
  }
}

/// How often the probe was asked.
private final class RequestCount: Sendable {
  private let count = Atomic(0)
  func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
}
