// The parts of ECharts that are used, in a chunk of their own.
import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { GraphicComponent, GridComponent, MarkLineComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { CanvasRenderer, SVGRenderer } from "echarts/renderers";

use([
  ScatterChart, LineChart, CustomChart, GridComponent, MarkLineComponent, GraphicComponent,
  CanvasRenderer, SVGRenderer,
]);

export { init };
