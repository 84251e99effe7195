// What FFmpeg says of encoders that no machine of ours has. Lines of `ffmpeg -h encoder=…` that concern the argument table, as they
// stand in public sources: h264_amf (beginning as in https://github.com/GPUOpen-LibrariesAndSDKs/AMF/issues/336) and h264_mf as
// quoted in the encoder classes of the C# library FFmpegArgs, h264_videotoolbox of git-2020-09-20-3d81d5e on macOS from public
// notes on its options. Documentation: https://ffmpeg.org/ffmpeg-codecs.html.
import { describe, expect, it } from 'vitest';
import { parseEncoderOptions } from '../../../src/main/ffmpeg/capabilities.ts';
import { unknownOptions } from '../../support/encoderHelp.ts';

const AMF = `h264_amf AVOptions:
  -usage             <int>        E..V....... Encoder Usage (from 0 to 5) (default transcoding)
     transcoding     0            E..V....... Generic Transcoding
     ultralowlatency 1            E..V....... ultra low latency trancoding
     lowlatency      2            E..V....... low latency trancoding
     webcam          3            E..V....... Webcam
  -quality           <int>        E..V....... Quality Preference (from 0 to 2) (default speed)
     speed           1            E..V....... Prefer Speed
     balanced        0            E..V....... Balanced
     quality         2            E..V....... Prefer Quality
  -rc                <int>        E..V....... Rate Control Method (from -1 to 6) (default -1)
     cqp             0            E..V....... Constant Quantization Parameter
     cbr             1            E..V....... Constant Bitrate
     vbr_peak        2            E..V....... Peak Contrained Variable Bitrate
  -enforce_hrd       <boolean>    E..V....... Enforce HRD (default false)
  -filler_data       <boolean>    E..V....... Filler Data Enable (default false)
  -frame_skipping    <boolean>    E..V....... Rate Control Based Frame Skip (default false)
  -bf                <int>        E..V....... B Picture Pattern (from -1 to 3) (default -1)
  -aud               <boolean>    E..V....... Inserts AU Delimiter NAL unit (default false)
`;

const MF = `h264_mf AVOptions:
  -rate_control      <int>        E..V....... Select rate control mode (from -1 to INT_MAX) (default default)
     default         -1           E..V....... Default mode
     cbr             0            E..V....... CBR mode
     pc_vbr          1            E..V....... Peak constrained VBR mode
  -scenario          <int>        E..V....... Select usage scenario (from -1 to INT_MAX) (default default)
     default         -1           E..V....... Default scenario
     live_streaming  4            E..V....... Live streaming
     camera_record   5            E..V....... Camera record
  -quality           <int>        E..V....... Quality (from -1 to 100) (default -1)
  -hw_encoding       <boolean>    E..V....... Force hardware encoding (default false)
`;

const VIDEOTOOLBOX = `h264_videotoolbox AVOptions:
  -profile           <int>        E..V...... Profile (from 0 to 5) (default 0)
     main            2            E..V...... Main Profile
     high            3            E..V...... High Profile
  -a53cc             <boolean>    E..V...... Use A53 Closed Captions (if available) (default true)
  -allow_sw          <boolean>    E..V...... Allow software encoding (default false)
  -require_sw        <boolean>    E..V...... Require software encoding (default false)
  -realtime          <boolean>    E..V...... Hint that encoding should happen in real-time if not faster (e.g. capturing from camera). (default false)
`;

describe('options of encoders of other systems', () => {
  it.each([['h264_amf', AMF], ['h264_mf', MF], ['h264_videotoolbox', VIDEOTOOLBOX]] as const)('%s knows what it is given', (encoder, help) => {
    expect(unknownOptions(encoder, help)).toEqual([]);
  });

  it('tells an FFmpeg without a feature from one that has it', () => {
    expect(unknownOptions('h264_videotoolbox', VIDEOTOOLBOX, ['constant_bit_rate'])).toEqual(['-constant_bit_rate']);
    expect(parseEncoderOptions(VIDEOTOOLBOX).has('constant_bit_rate')).toBe(false);
    expect([...parseEncoderOptions(MF)]).toEqual(['rate_control', 'scenario', 'quality', 'hw_encoding']);
    expect(unknownOptions('h264_amf', MF)).toContain('-usage');
    expect(unknownOptions('h264_mf', MF.replace('camera_record', 'camera_other'))).toEqual(['-scenario camera_record']);
  });
});
