// German texts of the live side; complete by its type.
import type { enLive } from './enLive.ts';
import type { Texts } from './texts.ts';

export const deLive: Texts<typeof enLive> = {
  plan: { refused: 'Ein Start würde abgelehnt', remark: 'Zu wissen', formWrong: 'Ein Wert der Event-Einstellungen ist nicht brauchbar. Berichtigen Sie ihn oder leeren Sie das Feld.' },
  eventForm: {
    title: 'Event-Einstellungen', changed_one: '{{count}} nicht wie üblich', changed_other: '{{count}} nicht wie üblich', reset: 'Alles wie üblich', usual: 'wie üblich',
    groupEvent: 'Wie das Event angelegt wird', groupStream: 'Der öffentliche Stream', groupAccess: 'Wer Zugang hat', groupRecording: 'Aufnahme und Tafel',
    forNew: 'Sie gelten für ein Event, das neu angelegt wird. Ein Output behält die Fenster, mit denen er angelegt wurde: Während einer Sendung sind sie nicht zu ändern.',
    type: 'Typ', typeNote: 'PassthroughBasic kostet weniger und nimmt weniger an. Standard und Premium1080P machen die Leiter beim Dienst aus einer Stufe.',
    streamOption: 'Latenz', streamOptionNote: 'LowLatencyV2 ist für Typen, die kodieren.',
    ingest: 'Zuführung', ingests: { rtmp: 'RTMP', smooth: 'Smooth Streaming (HTTPS)' }, ingestUsual: 'RTMP, oder was das Event annimmt',
    gopSeconds: 'Keyframe alle, s', gopUsual: 'wie die Leiter', gopNote: '0,5 bis 4 s; üblich sind 2 s.',
    archiveMinutes: 'Archiv, min', archiveNote: 'So viel vom Ende bleibt als Aufzeichnung. Üblich: 60. Der Dienst begrenzt es nach Typ: 8 h, 25 h oder 6 h mit LowLatencyV2.',
    rewindMinutes: 'Zurückspulen, min', rewindNote: 'So weit können Zuschauer zurück (DVR). Leer: das ganze Archiv.',
    ingestFor: 'Dorthin senden', previewFor: 'Vorschau sehen', who: { everyone: 'Alle (mit dem Schlüssel)', 'this-computer': 'Nur dieser Computer', listed: 'Diese Adressen' },
    whoPreview: 'Alle (mit der Adresse)', addresses: 'Adressen', addressesNote: '203.0.113.7 oder 203.0.113.0/24, mehrere mit Kommas. Das Wort everyone lässt alle zu, durch eine Regel, die das sagt.',
    transcribe: 'Mitschrift', transcribeNote: 'Gesprochene Sprachen, als en-US, de-DE. Nicht mit PassthroughBasic.',
    hostnamePrefix: 'Hostname beginnt', hostnameNote: 'Dieselbe Adresse nach jedem Start des Events. Buchstaben, Ziffern, Bindestriche.',
    manifestName: 'Name des Manifests', manifestNote: 'Der letzte Teil der öffentlichen Adresse. Üblich: show.',
    locatorId: 'Locator-Id', locatorNote: 'Eine GUID, für eine Adresse, die vorher bekannt ist.',
    streamingPolicy: 'Streaming-Richtlinie', policyNote: 'Eine des Kontos, die nicht verschlüsselt.',
    publicFrom: 'Öffentlich ab', publicUntil: 'Öffentlich bis', timeNote: 'Nach der Uhr dieses Computers.',
    pair: 'Zwei Instanzen', pairs: { 'one-each': 'je ein Ingest-Endpunkt', both: 'je beide Endpunkte' },
    keepEvent: 'Event am Ende weiterlaufen lassen', keepNote: 'Es kostet weiter Geld, bis es jemand anhält (Events des Kontos).',
    recordName: 'Dateiname', recordNameNote: '{event}, {rendition}, {date}, {time}, {part}.',
    recordSplit: 'Neue Datei alle, min', recordKbps: 'Eigene Bitrate, kbit/s', recordKbpsNote: 'Für die Datei noch einmal kodiert. Leer: die oberste Stufe.',
    slateText: 'Worte der Tafel', slateNote: 'Zu sehen, während das Bild fehlt. Üblich: „Be right back“.',
    wrong: 'Das ist nicht brauchbar. Berichtigen Sie es oder leeren Sie das Feld.', wrongList: 'Geben Sie mindestens eine Adresse an, oder wählen Sie alle.',
  },
  also: {
    title: 'Auch senden an', none: 'Nirgendwohin sonst. Fügen Sie YouTube, Twitch oder einen anderen RTMP-Server hinzu; jeder bekommt eine Stufe und scheitert für sich.',
    platform: 'Plattform', platforms: { youtube: 'YouTube', twitch: 'Twitch', facebook: 'Facebook', linkedin: 'LinkedIn', vimeo: 'Vimeo', generic: 'Anderer RTMP-Server' },
    name: 'Name', nameNote: 'Kleinbuchstaben, Ziffern, Bindestriche; darunter wird der Schlüssel aufbewahrt.', nameWrong: 'Nur Kleinbuchstaben, Ziffern und Bindestriche; jeden Namen einmal.',
    server: 'Server', serverNote: 'rtmps://HOST/APP, ohne den Stream-Schlüssel.', serverWrong: 'Geben Sie eine Adresse wie rtmps://HOST/APP an, ohne den Stream-Schlüssel.',
    key: 'Stream-Schlüssel', keyNote: 'Im sicheren Speicher des Systems, nie im Plan.', keyNoteMemory: 'Bis Fieldcast endet: Dieser Computer bietet ihm keinen sicheren Speicher.',
    add: 'Hinzufügen', remove: 'Entfernen', keyHere: 'Schlüssel da', keyMissing: 'Schlüssel fehlt', setKey: 'Schlüssel behalten', forgetKey: 'Schlüssel vergessen', onlyThere: 'Schlüssel werden auf dem Computer aufbewahrt, der die Sendung fährt.',
    full: 'Acht sind das Höchste.', keysTitle: 'Stream-Schlüssel', noKeys: 'Kein Schlüssel ist aufbewahrt. Fügen Sie in Schritt 2 einer Sendung unter „Auch senden an“ ein Ziel hinzu.',
    live: 'Neben dem Hauptstream', head: 'Ausgang', rendition: 'Stufe', highest: 'die höchste, die es nimmt', sent: 'Gesendet', reconnects: 'Neu verbunden', act: 'Tun', switchOff: 'Anhalten', switchOn: 'Starten', again: 'Noch einmal',
    state: { idle: 'Wartet', connecting: 'Verbindet', publishing: 'Sendet', waiting: 'Versucht es wieder', held: 'Ruht für den Hauptstream', failed: 'Abgelehnt', off: 'Angehalten', stopped: 'Beendet' },
  },
  outputs: {
    title: 'Outputs des Events', none: 'Noch ist nichts öffentlich. Auf Sendung zu gehen legt einen Output an.', ofShow: 'dieser Sendung', other: 'von jemand anderem', archive: 'Archiv', rewind: 'Zurückspulen',
    fixed: 'Fest, solange er läuft', fixedNote: 'Ein Output behält die Fenster, mit denen er angelegt wurde. Stellen Sie sie in Schritt 2 vor der nächsten Sendung ein.', usual: 'wie das Archiv', state: 'Zustand', asset: 'Aufgezeichnet in',
    span: { hours: '{{hours}} h', minutes: '{{minutes}} min', seconds: '{{seconds}} s' },
  },
  dvr: {
    position: 'Stelle im Rückspulfenster', behindLive: '{{time}} hinter live', live: 'Live', toLive: 'Zurück zu live', back: '{{seconds}} s zurück', forward: '{{seconds}} s vor', pause: 'Anhalten', play: 'Abspielen', window: 'Fenster {{time}}', notYet: 'Noch gibt es nichts zurückzuspulen.',
    unmute: 'Ton an', mute: 'Ton aus',
  },
  rail: {
    partner: 'Partner', partnerGone: 'fort', inStep: 'im Gleichlauf', apart: 'auseinander', billing: 'Kosten', billingSince: 'Event läuft seit {{time}}', owned: 'gehört hierher', notOwned: 'gehört einem anderen', free: 'Kostet hier nichts', costs: 'Kostet Geld',
    machine: 'Dieser Computer', cpu: 'CPU {{percent}} %', battery: 'Akku {{percent}} %', mains: 'am Netz', encoder: 'Encoder {{encoder}}',
  },
  cueList: { title: 'Cues dieser Sendung', none: 'Noch wurde kein Cue gegeben. Füllen Sie das Formular aus und geben Sie einen.', coming: 'in {{seconds}} s', passed: 'vorbei', withdrawn: 'zurückgezogen', length: '{{seconds}} s lang', as: 'Als', asKinds: { 'splice-insert': 'splice_insert', 'time-signal': 'time_signal mit Segmentierung', simple: 'einfacher Modus von Adobe', 'cue-point': 'onCuePoint, wie Elemental es sendet' }, onTimeline: 'bei {{time}} der Sendung', smooth: 'Diese Sendung wird über Smooth Streaming zugeführt, das keine Cues trägt. Führen Sie die nächste über RTMP zu, wenn Cues gebraucht werden.' },
  signs: { title: 'Was sie jetzt geben', look: 'Zeigen', off: 'Die Quellen werden erst zur Probe geöffnet.', attention: 'Ansehen', closed: 'Nicht geöffnet', opening: 'Wird geöffnet', state: { live: 'Liefert', held: 'Steht still', slate: 'Gibt nichts', silent: 'Stumm', restarting: 'Wird neu geöffnet' } },
  limits: {
    title: 'Dieser Computer', note: 'Was die Encoder dieses Computers nach Messung tragen.', ask: 'Nachsehen', measure: 'Neu messen', measuring: 'Wird gemessen. Das dauert bis zu einer Minute.', with: 'Gemessen {{time}} mit {{ladder}}. Mehr als Echtzeit wird gebraucht: Was übrig ist, trägt eine volle Minute.',
    encoder: 'Encoder', speed: 'Tempo', settings: 'Beste Einstellung', verdict: { works: 'Geht', refused: 'Abgelehnt' }, tooSlow: 'Zu langsam', none: 'Noch nichts gemessen. Messen Sie, während keine Sendung läuft.', locked: 'Encoder werden nicht gemessen, während eine Sendung läuft.',
  },
  settingsNav: { label: 'Einstellungen', sources: 'Quellen', ladder: 'Leiter', destinations: 'Ziele', recording: 'Aufnahme', keys: 'Tasten', look: 'Aussehen', language: 'Sprache', account: 'Konto', privacy: 'Privates und Bericht', updates: 'Updates', locked: 'Gesperrt, während eine Sendung läuft: Es würde ändern, was Zuschauer bekommen.' },
};
