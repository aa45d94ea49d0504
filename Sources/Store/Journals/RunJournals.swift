import JSON
import Synchronization

/// Reads the journals of runs, whoever wrote them. Every function waits for the disk.
public final class RunJournals: Sendable {
  /// The most that is read of one journal, in bytes.
  static let sizeLimit = 64 << 20

  let layout: StateLayout
  private let owners = Mutex<[StreamID: SessionID]>([:])

  /// The journals of a state directory.
  public init(layout: StateLayout) {
    self.layout = layout
  }

  /// The events of a run after a number, in order. A torn last line and lines that are no event are skipped
  /// (invariant 34).
  ///
  /// - Parameter after: The number of the last event that is known; 0 for all.
  /// - Returns: The events; none when there is no journal.
  /// - Throws: ``FileError`` when there is one and it cannot be read.
  public func read(session: SessionID, stream: StreamID, after: Int = 0) throws(FileError) -> [JournaledEvent] {
    guard let bytes = try load(session, stream) else { return [] }
    return RunJournalLines(bytes: bytes, stream: stream).compactMap { line in
      line.sequence > after ? line.event : nil
    }
  }

  /// How far a run has come; nil when it has no journal or no event in it.
  ///
  /// - Throws: ``FileError`` when there is a journal and it cannot be read.
  public func status(session: SessionID, stream: StreamID) throws(FileError) -> RunStatus? {
    guard let bytes = try load(session, stream) else { return nil }
    let lines = RunJournalLines(bytes: bytes, stream: stream).reversed()
    guard let last = lines.first(where: { _ in true }) else { return nil }
    // What counts is the last end that is no `stream_end`; that one only if there is nothing else.
    let ends = lines.lazy.filter { RunEventKind.isTerminal($0.name) }
    let end = ends.first { $0.name != "stream_end" } ?? ends.first { _ in true }
    return RunStatus(
      session: session, stream: stream, lastSequence: last.sequence, lastEventID: last.id, lastEvent: last.name,
      isTerminal: end != nil, terminalState: end?.terminalState)
  }

  /// Which conversation a run belongs to, by its journal.
  public func find(stream: StreamID) -> SessionID? {
    if let owner = owners.withLock({ $0[stream] }), exists(owner, stream) { return owner }
    for name in Folder.names(in: "\(layout.sessionsDirectory)/_run_journal") {
      guard let session = SessionID(name), exists(session, stream) else { continue }
      owners.withLock { owners in
        if owners.count >= 10_000 { owners.removeAll() }
        owners[stream] = session
      }
      return session
    }
    return nil
  }

  /// What a run has said so far.
  ///
  /// - Throws: ``FileError`` when there is a journal and it cannot be read.
  public func streamedText(session: SessionID, stream: StreamID) throws(FileError) -> StreamedText {
    var result = StreamedText()
    for event in try read(session: session, stream: stream) {
      guard ["token", "reasoning", "tool", "tool_complete"].contains(event.event),
        // The reader has parsed every line; a payload that is no object says nothing.
        let payload = (try? JSONValue(parsing: event.payload.bytes, limits: .files))?.object
      else { continue }
      switch event.event {
      case "token": result.text += payload["text"]?.string ?? ""
      case "reasoning": result.reasoning += payload["text"]?.string ?? ""
      default: result.toolEvents.append(StreamedText.ToolEvent(event: event.event, payload: payload))
      }
    }
    return result
  }

  private func exists(_ session: SessionID, _ stream: StreamID) -> Bool {
    FileStamp(of: layout.runJournal(session, stream)) != nil
  }

  private func load(_ session: SessionID, _ stream: StreamID) throws(FileError) -> [UInt8]? {
    let path = layout.runJournal(session, stream)
    guard let stamp = FileStamp(of: path) else { return nil }
    return try AtomicFile.readPrefix(path, count: min(stamp.size, Self.sizeLimit))
  }
}
