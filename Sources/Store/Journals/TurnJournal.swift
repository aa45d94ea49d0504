import Foundation
import JSON
import Logging

/// The journal of turns that this process writes for every conversation (domain 1.9): a prompt is on disk before the
/// agent hears of it (architecture, idea 7). Every function waits for the disk; a failure is logged and no more.
public struct TurnJournal: Sendable {
  /// What a turn is, wherever it is mentioned.
  public struct Turn: Sendable, Equatable {
    /// The conversation.
    public let session: SessionID
    /// The stream.
    public let stream: StreamID
    /// `YYYYMMDDTHHMMSSZ-` and 12 hexadecimal digits.
    public let id: String

    /// A turn; without an id a new one is minted from the time, in seconds since 1970.
    public init(session: SessionID, stream: StreamID, id: String? = nil, now: Double = Date().timeIntervalSince1970) {
      self.session = session
      self.stream = stream
      self.id = id ?? "\(Self.compactTime(now))-\(randomHexadecimal(digits: 12))"
    }

    private static func compactTime(_ now: Double) -> String {
      var seconds = time_t(now)
      var parts = tm()
      gmtime_r(&seconds, &parts)
      func digits(_ number: Int32, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
      }
      let date = digits(parts.tm_year + 1900, 4) + digits(parts.tm_mon + 1, 2) + digits(parts.tm_mday, 2)
      return date + "T" + digits(parts.tm_hour, 2) + digits(parts.tm_min, 2) + digits(parts.tm_sec, 2) + "Z"
    }
  }

  private let layout: StateLayout
  private let logger: Logger

  /// The journal of a state directory.
  public init(layout: StateLayout, logger: Logger) {
    self.layout = layout
    self.logger = logger
  }

  /// A prompt was accepted.
  public func submitted(
    _ turn: Turn, content: String, attachments: [JSONValue] = [], workspace: String, model: String?,
    modelProvider: String?, now: Double = Date().timeIntervalSince1970
  ) {
    let event: JSONObject = [
      "event": "submitted", "stream_id": .string(turn.stream.text), "role": "user", "content": .string(content),
      "attachments": .array(attachments), "workspace": .string(workspace), "model": .optional(model),
      "model_provider": .optional(modelProvider), "created_at": .double(now), "version": 1,
      "session_id": .string(turn.session.text), "turn_id": .string(turn.id),
    ]
    write(event, turn.session)
  }

  /// Work on the prompt began.
  public func workerStarted(_ turn: Turn, now: Double = Date().timeIntervalSince1970) {
    append("worker_started", turn, now)
  }

  /// The answer has a place in the transcript: the index of its message.
  public func assistantStarted(_ turn: Turn, messageIndex: Int, now: Double = Date().timeIntervalSince1970) {
    append("assistant_started", turn, now, ["assistant_message_index": .int(messageIndex)])
  }

  /// The turn ended with an answer.
  public func completed(_ turn: Turn, messageIndex: Int, now: Double = Date().timeIntervalSince1970) {
    append("completed", turn, now, ["assistant_message_index": .int(messageIndex)], isTerminal: true)
  }

  /// The turn ended without an answer: `cancelled`, ...
  public func interrupted(_ turn: Turn, reason: String, now: Double = Date().timeIntervalSince1970) {
    append("interrupted", turn, now, ["reason": .string(reason)], isTerminal: true)
  }

  private func append(
    _ name: String, _ turn: Turn, _ now: Double, _ more: JSONObject = [:], isTerminal: Bool = false
  ) {
    var event: JSONObject = ["event": .string(name), "created_at": .double(now)]
    event.merge(more)
    event.merge([
      "stream_id": .string(turn.stream.text), "turn_id": .string(turn.id), "version": 1,
      "session_id": .string(turn.session.text),
    ])
    if isTerminal { event["terminal"] = true }
    write(event, turn.session)
  }

  private func write(_ event: JSONObject, _ session: SessionID) {
    do {
      try appendLine(event.bytes(.compact) + [0x0A], to: layout.turnJournal(session, process: getpid()))
    } catch {
      logger.error("a turn was not journaled", metadata: ["session": "\(session)", "error": "\(error)"])
    }
  }

  /// The whole line under an advisory lock, flushed; a new file's folder as well.
  private func appendLine(_ line: [UInt8], to path: String) throws(FileError) {
    let folder = "\(layout.sessionsDirectory)/_turn_journal"
    try AtomicFile.makeFolder(folder)
    let isNew = FileStamp(of: path) == nil
    let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o600)
    var code = descriptor < 0 ? errno : 0
    if code == 0 {
      flock(descriptor, LOCK_EX)
      var written = 0
      while written < line.count && code == 0 {
        let count = line.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), line.count - written)
        }
        if count >= 0 { written += count } else if errno != EINTR { code = errno }
      }
      if code == 0 && fsync(descriptor) != 0 { code = errno }
      close(descriptor)
    }
    if code != 0 { throw FileError(operation: "write", name: "turn journal", code: code) }
    if isNew { AtomicFile.flushFolder(folder) }
  }
}
