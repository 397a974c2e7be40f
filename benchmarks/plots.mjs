/** The plots of the page, as SVG: what is drawn, and from what. */
import { init } from 'echarts'
import { formatValue } from './format.mjs'
import { OURS, find, growthSeries, measuredNames, othersOf, ratioOf } from './summary.mjs'
import { parseMeasurement } from './workloads.mjs'

const WIDTH = 860
const ROW_HEIGHT = 20
const COLUMNS = 3
const CELL_HEIGHT = 210
const INK = '#333'
const COLOURS = {
  promises: '#8a8f98',
  effection: '#d9822b',
  effect: '#7157d9',
  'redux-saga': '#2b95d6',
  rxjs: '#c2298a',
  coppice: '#238551',
}

/** A function that draws a report, with the title of the plot. */
const plot = (title, option) => Object.assign((report) => render(title, option(report)), { title })

export const plots = {
  ratios: plot('Times as much as coppice: to the right of the line is slower, or larger', ratios),
  growth: plot('Nanoseconds a unit at growing sizes: a flat line is linear growth', growth),
  memory: plot('Bytes held by a task that waits', memory),
}

function render(title, { height, ...option }) {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    textStyle: { fontFamily: 'system-ui, sans-serif', color: INK },
    title: { text: title, left: 'center', textStyle: { fontSize: 14, color: INK } },
    legend: { top: 34, itemGap: 18 },
    ...option,
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

function ratios(report) {
  const ids = measuredNames(report).filter((id) =>
    othersOf(report).some((other) => ratioOf(report, other, OURS, id))
  )
  const series = othersOf(report).map((other) => ({
    name: other,
    type: 'scatter',
    symbolSize: 9,
    itemStyle: { color: COLOURS[other] },
    data: ids.flatMap((id, row) => {
      const ratio = ratioOf(report, other, OURS, id)
      return ratio === undefined ? [] : [[ratio.median, row]]
    }),
  }))
  if (series.length > 0) {
    series[0].markLine = {
      silent: true,
      symbol: 'none',
      label: { formatter: OURS, color: COLOURS[OURS], position: 'start' },
      lineStyle: { color: COLOURS[OURS], type: 'solid', width: 2 },
      data: [{ xAxis: 1 }],
    }
  }
  return {
    height: 130 + ids.length * ROW_HEIGHT,
    grid: { left: 150, right: 30, top: 95, bottom: 30 },
    xAxis: { type: 'log', axisLabel: { formatter: '{value}×' } },
    yAxis: {
      type: 'category',
      data: ids,
      inverse: true,
      splitLine: { show: true },
      axisTick: { show: false },
    },
    series,
  }
}

/** A small plot for each series, with both axes logarithmic. */
function growth(report) {
  const all = growthSeries(report)
  const cells = all.map((_, i) => ({
    left: 60 + (i % COLUMNS) * (WIDTH / COLUMNS),
    top: 95 + Math.floor(i / COLUMNS) * CELL_HEIGHT,
    width: WIDTH / COLUMNS - 85,
    height: CELL_HEIGHT - 70,
  }))
  return {
    height: 75 + Math.ceil(all.length / COLUMNS) * CELL_HEIGHT,
    grid: cells,
    xAxis: all.map(({ ids }, i) => ({
      type: 'log',
      gridIndex: i,
      axisLabel: { formatter: shorten },
      min: sizeOf(ids[0]),
      max: sizeOf(ids.at(-1)),
    })),
    yAxis: all.map(({ name }, i) => ({ type: 'log', gridIndex: i, name, nameTextStyle: { align: 'left' } })),
    series: all.flatMap(({ ids, contenders }, i) =>
      contenders.map((contender) => ({
        name: contender,
        type: 'line',
        xAxisIndex: i,
        yAxisIndex: i,
        itemStyle: { color: COLOURS[contender] },
        lineStyle: { color: COLOURS[contender] },
        data: ids.flatMap((id) => {
          const median = find(report, contender, id)?.median
          return median === undefined ? [] : [[sizeOf(id), median]]
        }),
      }))
    ),
  }
}

const shorten = (n) => (n >= 1e6 ? `${n / 1e6}M` : n >= 1e3 ? `${n / 1e3}k` : String(n))

const sizeOf = (id) => parseMeasurement(id).size

function memory(report) {
  const ids = measuredNames(report).filter((id) => parseMeasurement(id).workload.kind === 'heap')
  return {
    height: 320,
    grid: { left: 150, right: 80, top: 70, bottom: 30 },
    xAxis: { type: 'value' },
    yAxis: { type: 'category', data: ids, inverse: true },
    series: [...othersOf(report), OURS].map((contender) => ({
      name: contender,
      type: 'bar',
      itemStyle: { color: COLOURS[contender] },
      label: {
        show: true,
        position: 'right',
        formatter: ({ value, dataIndex }) => formatValue(value, ids[dataIndex]),
      },
      data: ids.map((id) => find(report, contender, id)?.median ?? null),
    })),
  }
}
